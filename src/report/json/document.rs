//! The shape of the document.

use crate::events::{Attempt, CaseReport, StackInfo, StackStart, SuiteInfo};
use crate::model::{MissForm, Outcome, StackDifference, Status, Traffic};
use crate::report::Counts;
use crate::source::Diagnostic;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Serialize)]
pub(super) struct Case<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<&'a str>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<Vec<Differing<'a>>>,
}

impl<'a> Case<'a> {
    /// `stack` is the name of its stack, where there are several.
    pub(super) fn new(case: &'a CaseReport, stack: Option<&'a str>) -> Self {
        Self {
            id: case.id.to_string(),
            stack,
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
            differences: case.differences.as_ref().map(|all| all.iter().map(Differing::new).collect()),
        }
    }
}

/// What a case met with that it did not meet with at the first stack.
#[derive(Serialize)]
struct Differing<'a> {
    aspect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a str>,
    baseline: &'a str,
    other: &'a str,
}

impl<'a> Differing<'a> {
    fn new(difference: &'a StackDifference) -> Self {
        let StackDifference { aspect, step, at, baseline, other } = difference;
        Self { aspect: aspect.name(), step: step.as_deref(), at: at.as_deref(), baseline, other }
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
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<&'a str>,
    path: &'a str,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<&'a str>,
    counts: Summary,
}

impl<'a> Suite<'a> {
    /// `stack` is the name of its stack, where there are several.
    pub(super) fn new(suite: &'a SuiteInfo, stack: Option<&'a str>, counts: &Counts) -> Self {
        let file = suite.file.to_string_lossy().into_owned();
        Self { stack, path: &suite.path, file, about: suite.about.as_deref(), counts: Summary::new(counts) }
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
    #[serde(skip_serializing_if = "Option::is_none")]
    copies: Option<usize>,
}

impl<'a> Stack<'a> {
    pub(super) fn new(stack: &'a StackInfo) -> Self {
        Self {
            taken: &stack.taken,
            url: &stack.url,
            version: stack.version.as_deref(),
            log: stack.log.as_ref().map(|log| log.to_string_lossy().into_owned()),
            ready_after_seconds: seconds(stack.ready_after),
            copies: (stack.copies > 1).then_some(stack.copies),
        }
    }
}

/// One of several stacks.
#[derive(Serialize)]
pub(super) struct Compared<'a> {
    name: &'a str,
    stack_config: &'a str,
    mode: &'static str,
    /// Null if it did not become ready.
    stack: Option<Stack<'a>>,
}

impl<'a> Compared<'a> {
    pub(super) fn new(start: &'a StackStart, ready: Option<&'a StackInfo>) -> Self {
        let StackStart { name, stack_config, mode, cases: _ } = start;
        Self { name, stack_config, mode: mode.name(), stack: ready.map(Stack::new) }
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Seconds, to the microsecond.
pub(super) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e6
}
