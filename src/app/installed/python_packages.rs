//! What is installed beside a Python, by the names of folders: nothing is run for it.

use std::path::{Path, PathBuf};

/// The folders that a Python takes packages from.
#[derive(Debug)]
pub(in crate::app) struct PythonPackages(Vec<PathBuf>);

impl PythonPackages {
    /// Those of the Python, and those that go with the command: a user may have installed it in a folder of his own.
    pub(in crate::app) fn of(python: &Path, command: &Path) -> Self {
        let mut found = Vec::new();
        for bin in [python, command].into_iter().filter_map(Path::parent) {
            let Some(prefix) = bin.parent() else { continue };
            let versions = entries(&prefix.join("lib"));
            let folders = versions
                .filter(|folder| name_of(folder).starts_with("python3"))
                .flat_map(|folder| ["site-packages", "dist-packages"].map(|name| folder.join(name)))
                .filter(|folder| folder.is_dir());
            found.extend(folders);
        }
        found.dedup();
        Self(found)
    }

    /// Whether there is a module at `path`, as in `opentelemetry/instrumentation/httpx`.
    pub(in crate::app) fn has(&self, path: &str) -> bool {
        self.0.iter().any(|folder| folder.join(path).is_dir())
    }

    /// The folder of a module.
    pub(in crate::app) fn folder(&self, path: &str) -> Option<PathBuf> {
        self.0.iter().map(|folder| folder.join(path)).find(|folder| folder.is_dir())
    }

    /// The version of a distribution, by its name with underscores: `llama_stack`.
    pub(in crate::app) fn version(&self, distribution: &str) -> Option<String> {
        let version = |path: PathBuf| {
            let name = name_of(&path);
            let version = name.strip_prefix(distribution)?.strip_prefix('-')?.strip_suffix(".dist-info")?;
            Some(version.to_owned())
        };
        self.0.iter().flat_map(|folder| entries(folder)).find_map(version)
    }

    /// `3.12`, from the first of the folders.
    pub(in crate::app) fn python(&self) -> Option<String> {
        let name = name_of(self.0.first()?.parent()?);
        name.strip_prefix("python").map(str::to_owned)
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}
