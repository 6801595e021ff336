//! What is reported of a case, begun in one place.

use crate::events::CaseReport;
use crate::model::{Outcome, Traffic};
use crate::plan::PlannedCase;
use std::time::Duration;

/// That a case was not run.
pub(super) fn skipped(index: usize, case: &PlannedCase, reason: String) -> CaseReport {
    report(index, case, Outcome::Skipped { reason })
}

/// That a case ended so, without steps, calls or failures, in no time.
pub(super) fn report(index: usize, case: &PlannedCase, outcome: Outcome) -> CaseReport {
    CaseReport {
        index,
        id: case.id.clone(),
        suite: case.suite,
        origin: case.origin.clone(),
        steps: Vec::new(),
        outcome,
        duration: Duration::ZERO,
        failures: Vec::new(),
        earlier: Vec::new(),
        traffic: Traffic::default(),
        differences: None,
    }
}
