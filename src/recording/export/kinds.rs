//! What an exporter takes and gives.

use crate::recording::{ImportedSet, SourceFile};

/// What was made.
#[derive(Debug, Default)]
pub struct Exported {
    /// Sets of which at least one call is in the files.
    pub sets: usize,
    /// The files of the other tool.
    pub files: Vec<SourceFile>,
    /// What was left out or changed, and why; each begins with the case.
    pub warnings: Vec<String>,
}

/// How the recordings of one tool are written.
#[derive(Debug)]
pub struct Exporter {
    /// Its name on the command line.
    pub name: &'static str,
    /// One line for the reference.
    pub summary: &'static str,
    /// A command that uses it.
    pub example: &'static str,
    /// Whether everything goes into one file, which may be written to standard output; else it is a folder.
    pub one_file: bool,
    /// Writes the sets, each with its setup, in the order given.
    pub export: fn(&[ImportedSet]) -> Exported,
}
