//! Files the user names: settings read, reports written.

use crate::source::{Diagnostic, SourceFile};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::NamedTempFile;

/// Largest text that is read at all, in bytes; what it is read for may allow less.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The name of the project's settings.
pub(super) const PROJECT_FILE: &str = "stack-test.yaml";

/// Reads a text; its name is shown as the user would type it from `cwd`.
///
/// # Errors
/// A file that is not there, is a folder, cannot be read or is no text, with the path.
#[expect(clippy::disallowed_methods, reason = "reads what the user named")]
pub(super) fn read_text(cwd: &Path, path: &Path) -> Result<Arc<SourceFile>, Diagnostic> {
    let full = cwd.join(path);
    let name = display_name(cwd, &full);
    if full.is_dir() {
        return Err(Diagnostic::new(format!("`{name}` is a folder; a file is wanted")));
    }
    if let Some(size) =
        fs::metadata(&full).ok().map(|metadata| metadata.len()).filter(|size| *size > MAX_BYTES)
    {
        return Err(Diagnostic::new(format!("`{name}` has {size} bytes; at most {MAX_BYTES} are read")));
    }
    match fs::read(&full) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(SourceFile::new(name, text.strip_prefix('\u{feff}').unwrap_or(&text))),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                Err(Diagnostic::new(format!("`{name}` is no UTF-8 text: byte {at} is not")))
            }
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Diagnostic::new(format!("there is no file `{name}`")))
        }
        Err(error) => Err(Diagnostic::new(format!("`{name}` cannot be read: {error}"))),
    }
}

/// `path` as the user would type it from `cwd`.
pub(super) fn display_name(cwd: &Path, path: &Path) -> String {
    path.strip_prefix(cwd).unwrap_or(path).to_string_lossy().into_owned()
}

/// The project's settings, and the folder that paths in them are relative to: the file named, or the first one here or in
/// a folder above.
///
/// # Errors
/// The file named cannot be read.
pub(super) fn find_project(
    cwd: &Path,
    named: Option<&str>,
) -> Result<Option<(Arc<SourceFile>, PathBuf)>, Diagnostic> {
    let path = match named {
        Some(named) => Some(cwd.join(named)),
        None => cwd.ancestors().map(|folder| folder.join(PROJECT_FILE)).find(|path| path.is_file()),
    };
    let Some(path) = path else { return Ok(None) };
    let root = path.parent().unwrap_or(cwd).to_owned();
    Ok(Some((read_text(cwd, &path)?, root)))
}

/// A file that appears under its name only when it is whole. Clones write to the same file.
#[derive(Debug, Clone)]
pub(super) struct AtomicFile {
    path: PathBuf,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
enum State {
    /// Beside its final name.
    Temporary(NamedTempFile),
    /// Something that cannot be replaced, such as a pipe, is written to as it is.
    Direct(File),
    Done,
}

impl AtomicFile {
    /// Begins a file at `path`, making the folders above it.
    ///
    /// # Errors
    /// A folder that cannot be made or written to.
    #[expect(clippy::disallowed_methods, reason = "writes what the user named")]
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        let is_special = fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
        if path.is_dir() {
            return Err(io::Error::other("it is a folder; a file name is wanted"));
        }
        let state = if is_special {
            State::Direct(File::options().append(true).open(&path)?)
        } else {
            let folder =
                path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            fs::create_dir_all(folder)?;
            State::Temporary(tempfile::Builder::new().prefix(".stack-test-").tempfile_in(folder)?)
        };
        Ok(Self { path, state: Arc::new(Mutex::new(state)) })
    }

    /// Gives the file its name, replacing what was there.
    ///
    /// # Errors
    /// The file system's own.
    pub(super) fn publish(&self) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Done) {
            State::Temporary(file) => {
                // Reports are for others to read (a CI step, a web server); temporary files are made for the owner only.
                #[cfg(unix)]
                fs::set_permissions(file.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
                file.persist(&self.path).map(drop).map_err(|error| error.error)
            }
            State::Direct(mut file) => file.flush(),
            State::Done => Ok(()),
        }
    }

    /// Where it will be.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Temporary(file) => file.write(bytes),
            State::Direct(file) => file.write(bytes),
            State::Done => Err(io::Error::other("the file was already published")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Temporary(file) => file.flush(),
            State::Direct(file) => file.flush(),
            State::Done => Ok(()),
        }
    }
}

/// Removes a folder of our own making if there is nothing in it.
pub(super) fn remove_if_empty(folder: &Path) {
    let _left = fs::remove_dir(folder);
}

/// Keeps a folder of our own making, if it is there, out of the user's commits.
#[expect(clippy::disallowed_methods, reason = "writes into a folder that this process made")]
pub(super) fn ignore_in_git(folder: &Path) {
    let file = folder.join(".gitignore");
    if folder.is_dir() && !file.exists() {
        let _does_no_harm = fs::write(file, "*\n");
    }
}

/// Removes a folder of our own making; what cannot be removed does no harm.
#[expect(clippy::disallowed_methods, reason = "removes what this process made")]
pub(super) fn remove_folder(folder: &Path) {
    let _left = fs::remove_dir_all(folder);
}
