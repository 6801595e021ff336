//! The suites folder on disk.

use crate::app::files::{display_name, read_text};
use crate::check::Resources;
use crate::plan::SuiteSources;
use crate::source::{Diagnostic, SourceFile};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// No suites folder is deeper; a link that leads back up would be endless.
const DEEPEST: usize = 16;

/// The suites folder on disk. Nothing outside it is read on behalf of a suite.
#[derive(Debug)]
pub(in crate::app) struct SuitesFolder {
    cwd: PathBuf,
    /// As it was given.
    name: String,
    folder: PathBuf,
}

impl SuitesFolder {
    /// The folder `path`, seen from `cwd`.
    ///
    /// # Errors
    /// There is no such folder.
    pub(in crate::app) fn open(cwd: &Path, path: &Path) -> Result<Self, Diagnostic> {
        let folder = cwd.join(path);
        let name = display_name(cwd, &folder).trim_end_matches('/').to_owned();
        if !folder.is_dir() {
            let what = if folder.exists() { "is not a folder" } else { "does not exist" };
            return Err(Diagnostic::new(format!("the suites folder `{name}` {what}"))
                .hint("go to the project's folder, or name the suites folder with --suites-dir"));
        }
        Ok(Self { cwd: cwd.to_owned(), name, folder })
    }

    /// The file at `path` beside the suite `suite`, if it stays below the suites folder.
    fn beside(&self, suite: &SourceFile, path: &str) -> Result<PathBuf, String> {
        let suite = self.cwd.join(suite.name());
        let folder = suite.parent().unwrap_or(&self.folder);
        let mut full = folder.to_owned();
        for component in Path::new(path).components() {
            match component {
                Component::Normal(part) => full.push(part),
                Component::CurDir => {}
                Component::ParentDir => drop(full.pop()),
                Component::RootDir | Component::Prefix(_) => {
                    return Err(format!("`{path}` must be relative to the suite"));
                }
            }
        }
        let outside = || format!("`{path}` lies outside the suites folder `{}`", self.name);
        if !full.starts_with(&self.folder) {
            return Err(outside());
        }
        // A link may lead out; what does not exist leads nowhere.
        match (full.canonicalize(), self.folder.canonicalize()) {
            (Ok(real), Ok(folder)) if !real.starts_with(&folder) => Err(outside()),
            _ => Ok(full),
        }
    }

    fn walk(&self, folder: &Path, depth: usize, files: &mut Vec<String>) -> io::Result<()> {
        if depth > DEEPEST {
            return Ok(());
        }
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden {
                continue;
            }
            if path.is_dir() {
                self.walk(&path, depth + 1, files)?;
            } else if !path.is_file() {
                // A pipe would be waited for, and a device may never end.
            } else if let Some(relative) = path.strip_prefix(&self.folder).ok().and_then(Path::to_str) {
                files.push(relative.replace(std::path::MAIN_SEPARATOR, "/"));
            }
        }
        Ok(())
    }
}

impl SuiteSources for SuitesFolder {
    fn root(&self) -> &str {
        &self.name
    }

    fn list(&self) -> Result<Vec<String>, Diagnostic> {
        let mut files = Vec::new();
        self.walk(&self.folder, 0, &mut files).map_err(|error| {
            Diagnostic::new(format!("the suites folder `{}` cannot be read: {error}", self.name))
        })?;
        files.sort();
        Ok(files)
    }

    fn read(&self, path: &str) -> Result<Arc<SourceFile>, Diagnostic> {
        read_text(&self.cwd, &self.folder.join(path))
    }
}

impl Resources for SuitesFolder {
    fn text(&self, suite: &SourceFile, path: &str) -> Result<Option<Arc<SourceFile>>, String> {
        let full = self.beside(suite, path)?;
        if !full.exists() {
            return Ok(None);
        }
        read_text(&self.cwd, &full).map(Some).map_err(|error| error.what)
    }

    #[expect(clippy::disallowed_methods, reason = "reads a file that a suite names")]
    fn bytes(&self, suite: &SourceFile, path: &str) -> Result<Option<Vec<u8>>, String> {
        let full = self.beside(suite, path)?;
        match fs::read(&full) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("`{path}` cannot be read: {error}")),
        }
    }
}
