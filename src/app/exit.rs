//! Exit codes, as `docs/exit-codes.md` has them.

use std::process::ExitCode;

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Every case passed, was skipped, or failed as expected.
    Passed = 0,
    /// A case failed.
    Failed = 1,
    /// The user stopped the run.
    Interrupted = 2,
    /// The stack did not start, a file could not be written, or stack-test itself is at fault.
    Internal = 3,
    /// The command line, the settings or a suite is wrong; nothing was started.
    Usage = 4,
    /// No case was selected.
    NothingSelected = 5,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}
