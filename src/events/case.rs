//! What is told about one case.

use crate::model::{CaseId, Outcome, StackDifference, Traffic};
use crate::source::{Diagnostic, Origin};
use std::time::Duration;

/// A case begins.
#[derive(Debug, Clone)]
pub struct CaseStart {
    /// Its place in the plan; reports are sorted by it.
    pub index: usize,
    /// Its name.
    pub id: CaseId,
}

/// A case has ended.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// Its place in the plan; reports are sorted by it.
    pub index: usize,
    /// Its name.
    pub id: CaseId,
    /// Index into [`super::RunStart::suites`].
    pub suite: usize,
    /// Where the suite file defines it.
    pub origin: Origin,
    /// Where the steps of the last attempt are written, in the order in which they began.
    pub steps: Vec<Origin>,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took, all attempts together; zero if it was skipped.
    pub duration: Duration,
    /// Everything that was wrong in the last attempt, and, for an expected failure, what failed.
    pub failures: Vec<Diagnostic>,
    /// Attempts before the last one, which all failed. A case that passed with earlier attempts is flaky.
    pub earlier: Vec<Attempt>,
    /// The provider calls made on its behalf.
    pub traffic: Traffic,
    /// What it met with that it did not meet with at the run's first stack; `None` where it was not compared.
    pub differences: Option<Vec<StackDifference>>,
}

impl CaseReport {
    /// Whether it passed only on a retry.
    pub fn is_flaky(&self) -> bool {
        self.outcome == Outcome::Passed && !self.earlier.is_empty()
    }
}

/// A failed attempt that was followed by another.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// How long it took.
    pub duration: Duration,
    /// What was wrong.
    pub failures: Vec<Diagnostic>,
}
