//! How a case ended.

/// How a case ended, with the words that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every expectation held.
    Passed,
    /// An expectation did not hold: the thing under test is at fault.
    Failed,
    /// The case could not be judged: the stack died, the connection broke, the run was stopped.
    Error,
    /// Not run.
    Skipped {
        /// Why, as shown to the user.
        reason: String,
    },
    /// Failed, and was expected to.
    XFailed {
        /// Why that was expected.
        reason: String,
    },
    /// Passed, though it was expected to fail.
    XPassed {
        /// Why a failure was expected.
        reason: String,
        /// Whether the suite calls that a failure.
        strict: bool,
    },
}

/// The kind of an [`Outcome`], for counting and for columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// See [`Outcome::Passed`].
    Passed,
    /// See [`Outcome::Failed`].
    Failed,
    /// See [`Outcome::Error`].
    Error,
    /// See [`Outcome::Skipped`].
    Skipped,
    /// See [`Outcome::XFailed`].
    XFailed,
    /// See [`Outcome::XPassed`].
    XPassed,
}

impl Status {
    /// Every status, in the order in which tables show them.
    pub const ALL: [Self; 6] =
        [Self::Passed, Self::Failed, Self::Error, Self::Skipped, Self::XFailed, Self::XPassed];

    /// The word in tables and reports: `passed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::XFailed => "xfailed",
            Self::XPassed => "xpassed",
        }
    }
}

impl Outcome {
    /// Its kind.
    pub fn status(&self) -> Status {
        match self {
            Self::Passed => Status::Passed,
            Self::Failed => Status::Failed,
            Self::Error => Status::Error,
            Self::Skipped { .. } => Status::Skipped,
            Self::XFailed { .. } => Status::XFailed,
            Self::XPassed { .. } => Status::XPassed,
        }
    }

    /// Whether the run fails because of it.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed | Self::Error | Self::XPassed { strict: true, .. })
    }

    /// Why it was skipped or expected to fail.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Skipped { reason } | Self::XFailed { reason } | Self::XPassed { reason, .. } => {
                Some(reason)
            }
            Self::Passed | Self::Failed | Self::Error => None,
        }
    }
}
