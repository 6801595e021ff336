//! What the surroundings and the user want of the console.

use indicatif::ProgressDrawTarget;

/// What the surroundings and the user want of the console.
#[derive(Debug)]
pub struct ConsoleSettings {
    /// Whether ANSI colours are used.
    pub color: bool,
    /// Where the bar is drawn (standard error, as a rule), if that is a terminal; `None` for no bar. Everything else goes
    /// to the writer of [`super::console`], which may be the same terminal.
    pub progress: Option<ProgressDrawTarget>,
    /// Columns of the terminal. Only the bar is cut to it: ids and messages are never broken or shortened, so that they
    /// can be copied.
    pub width: usize,
    /// How many of the slowest cases are listed; 0 for none.
    pub durations: usize,
    /// How much is shown.
    pub verbosity: Verbosity,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self { color: false, progress: None, width: 80, durations: 10, verbosity: Verbosity::Normal }
    }
}

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// What failed, and the verdict.
    Quiet,
    /// A line per case, the table, the slowest.
    #[default]
    Normal,
    /// Also provider calls per case, earlier attempts, why expected failures failed, and the stack's log.
    Verbose,
}
