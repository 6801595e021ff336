//! Why a process does not run.

use std::path::PathBuf;

/// Why a process does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its log could not be created.
    #[error("cannot write {}: {source}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// Its program could not be run.
    #[error("cannot run {}: {source}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
}
