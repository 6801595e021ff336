//! How a run as a whole ended.

/// How a run as a whole ended. The exit code follows from it, except that `NotRun` is 3 or 4, which only those know who
/// tried to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Cases ran, and none failed.
    Passed,
    /// At least one case failed or could not be judged, or passed though it strictly should not have.
    Failed,
    /// The user, or a limit of time, ended the run before all cases had run. Failures seen before do not matter then.
    Interrupted,
    /// The stack failed, or something that belongs to no case went wrong while no case failed.
    Broken,
    /// The run never began: a bad suite, setting or stack-config.
    NotRun,
    /// The selection left no case.
    NothingSelected,
}

impl Verdict {
    /// The word in reports: `passed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Broken => "broken",
            Self::NotRun => "not run",
            Self::NothingSelected => "nothing selected",
        }
    }
}
