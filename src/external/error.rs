//! Why a runner of somebody else's cannot be started, or does not list its tests.

use std::path::PathBuf;
use std::time::Duration;

/// Why a runner of somebody else's cannot be started, or does not list its tests.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its process could not be started.
    #[error(transparent)]
    Process(#[from] crate::process::Error),
    /// What it loads could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Script {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// There is no port for it to connect to.
    #[error("no port for the runner to connect to: {0}")]
    Port(std::io::Error),
    /// There is nothing to start.
    #[error("the command is empty")]
    Empty,
    /// It ended before it had listed its tests, or badly after it.
    #[error("the runner ended before it had listed them: {how}")]
    Ended {
        /// How it ended.
        how: String,
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// What it said made no sense.
    #[error("what the runner said made no sense: {what}")]
    Nonsense {
        /// What it said.
        what: String,
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// It took too long to list its tests.
    #[error("the runner had not listed them within {limit:?}")]
    Slow {
        /// How long it had.
        limit: Duration,
        /// The last lines of its log.
        log: Vec<String>,
    },
}

impl Error {
    /// The last lines of its log, where it has one.
    pub fn log(&self) -> &[String] {
        match self {
            Self::Ended { log, .. } | Self::Nonsense { log, .. } | Self::Slow { log, .. } => log,
            Self::Process(_) | Self::Script { .. } | Self::Port(_) | Self::Empty => &[],
        }
    }
}
