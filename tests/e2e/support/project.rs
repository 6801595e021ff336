//! A project in a folder of its own.

use super::{Ended, Running};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A project: suites, settings and recordings in a folder that goes when it is dropped.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// One with settings that say nothing, so that none above the folder are found.
    pub(crate) fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        project.file("stack-test.yaml", "run: {}\n");
        project.file("suites/.keep", "");
        project
    }

    /// One with the suite `a`.
    pub(crate) fn with(suite: &str) -> Self {
        let project = Self::new();
        project.file("suites/a.yaml", suite);
        project
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn file(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let full = self.path(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, text).unwrap();
        self
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Every file below `folder`, by its path below the project, sorted.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.path(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.file_type().unwrap().is_dir() {
                    true => folders.push(entry.path()),
                    false => {
                        found.push(entry.path().strip_prefix(self.root()).unwrap().display().to_string())
                    }
                }
            }
        }
        found.sort();
        found
    }

    /// Runs the command to its end; nothing of it may be left behind.
    pub(crate) fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ended {
        self.run_with(args, &[])
    }

    /// The same, with variables.
    pub(crate) fn run_with<'a>(
        &self,
        args: impl IntoIterator<Item = &'a str>,
        env: &[(&str, &str)],
    ) -> Ended {
        self.start_with(args, env).end()
    }

    /// Starts the command.
    pub(crate) fn start<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Running {
        self.start_with(args, &[])
    }

    /// The same, with variables.
    pub(crate) fn start_with<'a>(
        &self,
        args: impl IntoIterator<Item = &'a str>,
        env: &[(&str, &str)],
    ) -> Running {
        Running::start(self.root(), args.into_iter().collect(), env)
    }

    /// The JUnit report at `path`, understood by the library that nextest reads such files with.
    pub(crate) fn junit(&self, path: &str) -> quick_junit::Report {
        junit(&self.read(path))
    }
}

/// A JUnit report.
pub(crate) fn junit(xml: &str) -> quick_junit::Report {
    quick_junit::Report::deserialize_from_str(xml).unwrap_or_else(|error| panic!("{error}\n{xml}"))
}
