//! What an importer takes and gives.

use crate::recording::Set;

/// A file of the other tool.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its path below the folder that is imported, with slashes.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Imported {
    /// The sets, by setup and owner.
    pub sets: Vec<ImportedSet>,
    /// What was left out or changed, and why; each begins with the file's name.
    pub warnings: Vec<String>,
}

/// A set and the setup it belongs to.
#[derive(Debug)]
pub struct ImportedSet {
    /// The setup's name.
    pub setup: String,
    /// The exchanges.
    pub set: Set,
}

/// How the recordings of one tool are read.
#[derive(Debug)]
pub struct Importer {
    /// Its name on the command line.
    pub name: &'static str,
    /// One line for the reference.
    pub summary: &'static str,
    /// A command that uses it.
    pub example: &'static str,
    /// Reads the files. Whatever is wrong with one becomes a warning. The order of the files does not matter.
    pub import: fn(&[SourceFile]) -> Imported,
}
