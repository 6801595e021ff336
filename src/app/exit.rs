//! Exit codes, as `docs/exit-codes.md` has them.

use std::process::ExitCode;

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Every case passed, was skipped, or failed as expected.
    Passed,
    /// A case failed.
    Failed,
    /// The user stopped the run.
    Interrupted,
    /// The stack did not start, a file could not be written, or stack-test itself is at fault.
    Internal,
    /// The command line, the settings or a suite is wrong; nothing was started.
    Usage,
    /// No case was selected.
    NothingSelected,
    /// The command that `stack-test gateway` ran ended with this code.
    Command(u8),
}

impl ExitStatus {
    /// The number that the process exits with.
    pub fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Interrupted => 2,
            Self::Internal => 3,
            Self::Usage => 4,
            Self::NothingSelected => 5,
            Self::Command(code) => code,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
