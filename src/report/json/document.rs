//! The shape of the document.

use crate::events::{Attempt, CaseReport, StackInfo, SuiteInfo};
use crate::model::{MissForm, Outcome, Status, Traffic};
use crate::report::Counts;
use crate::source::Diagnostic;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Serialize)]
pub(super) struct Case<'a> {
    id: String,
    suite: &'a str,
    case: &'a str,
    file: &'a str,
    line: usize,
    status: &'static str,
    fails_the_run: bool,
    flaky: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    seconds: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failures: Vec<Problem<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    earlier_attempts: Vec<Earlier<'a>>,
    calls: Calls<'a>,
}

impl<'a> Case<'a> {
    pub(super) fn new(case: &'a CaseReport) -> Self {
        Self {
            id: case.id.to_string(),
            suite: case.id.suite(),
            case: case.id.case(),
            file: case.origin.file.name(),
            line: case.origin.position().line,
            status: case.outcome.status().name(),
            fails_the_run: case.outcome.is_failure(),
            flaky: case.is_flaky(),
            reason: match &case.outcome {
                Outcome::Passed | Outcome::Failed | Outcome::Error => None,
                other => other.reason(),
            },
            seconds: seconds(case.duration),
            failures: case.failures.iter().map(Problem::new).collect(),
            earlier_attempts: case.earlier.iter().map(Earlier::new).collect(),
            calls: Calls::new(&case.traffic),
        }
    }
}

#[derive(Serialize)]
struct Earlier<'a> {
    seconds: f64,
    failures: Vec<Problem<'a>>,
}

impl<'a> Earlier<'a> {
    fn new(attempt: &'a Attempt) -> Self {
        let failures = attempt.failures.iter().map(Problem::new).collect();
        Self { seconds: seconds(attempt.duration), failures }
    }
}

#[derive(Serialize)]
pub(super) struct Problem<'a> {
    what: &'a str,
    #[serde(flatten)]
    place: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

impl<'a> Problem<'a> {
    pub(super) fn new(diagnostic: &'a Diagnostic) -> Self {
        let place = diagnostic.origin.as_ref().map(|origin| {
            let position = origin.position();
            Place { file: origin.file.name(), line: position.line, column: position.column }
        });
        Self {
            what: &diagnostic.what,
            place,
            expected: diagnostic.expected.as_deref(),
            actual: diagnostic.actual.as_deref(),
            hint: diagnostic.hint.as_deref(),
            notes: &diagnostic.notes,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Calls<'a> {
    replayed: usize,
    recorded: usize,
    live: usize,
    #[serde(skip_serializing_if = "is_zero")]
    failed: usize,
    unused: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<&'static str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<MissForm<'a>>,
}

impl<'a> Calls<'a> {
    pub(super) fn new(traffic: &'a Traffic) -> Self {
        let Traffic { replayed, recorded, live, misses, failed, unused, decided, notes } = traffic;
        Self {
            replayed: *replayed,
            recorded: *recorded,
            live: *live,
            failed: *failed,
            unused: *unused,
            decided_by: decided.map(|rung| rung.name()),
            notes,
            missing: misses.iter().map(MissForm::new).collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Suite<'a> {
    path: &'a str,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<&'a str>,
    counts: Summary,
}

impl<'a> Suite<'a> {
    pub(super) fn new(suite: &'a SuiteInfo, counts: &Counts) -> Self {
        let file = suite.file.to_string_lossy().into_owned();
        Self { path: &suite.path, file, about: suite.about.as_deref(), counts: Summary::new(counts) }
    }
}

#[derive(Serialize)]
pub(super) struct Summary {
    cases: usize,
    #[serde(flatten)]
    by_status: BTreeMap<&'static str, usize>,
    flaky: usize,
    strict_xpassed: usize,
    seconds: f64,
}

impl Summary {
    pub(super) fn new(counts: &Counts) -> Self {
        Self {
            cases: counts.all(),
            by_status: Status::ALL.into_iter().map(|status| (status.name(), counts.of(status))).collect(),
            flaky: counts.flaky,
            strict_xpassed: counts.strict_xpassed,
            seconds: seconds(counts.time),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Stack<'a> {
    taken: &'a str,
    url: &'a str,
    version: Option<&'a str>,
    log: Option<String>,
    ready_after_seconds: f64,
}

impl<'a> Stack<'a> {
    pub(super) fn new(stack: &'a StackInfo) -> Self {
        Self {
            taken: &stack.taken,
            url: &stack.url,
            version: stack.version.as_deref(),
            log: stack.log.as_ref().map(|log| log.to_string_lossy().into_owned()),
            ready_after_seconds: seconds(stack.ready_after),
        }
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Seconds, to the microsecond.
pub(super) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e6
}
