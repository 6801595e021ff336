//! A case of ours as a `<testcase>`.

use super::reporter::Dialect;
use crate::events::{Attempt, CaseReport};
use crate::model::{Outcome, Traffic};
use crate::report::comparison;
use crate::report::drawing::{complaints, draw, headline};
use crate::source::Diagnostic;
use crate::text::one_line;
use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestRerun};

/// A suite's name with that of the stack, where there are several.
pub(super) fn on_stack(suite: &str, stack: Option<&str>) -> String {
    stack.map_or_else(|| suite.to_owned(), |stack| format!("{suite} on {stack}"))
}

/// The whole `<testcase>`.
pub(super) fn test_case(case: &CaseReport, stack: Option<&str>, dialect: Dialect) -> TestCase {
    let mut element = TestCase::new(&*one_line(case.id.case()), status(case, dialect));
    let class = on_stack(&case.id.suite().replace('/', "."), stack);
    element.set_classname(&*one_line(&class));
    element.set_time(case.duration);
    let properties = properties(case);
    match dialect {
        Dialect::Usual => {
            element.extra.insert("file".into(), one_line(case.origin.file.name()).into());
            element.extra.insert("line".into(), case.origin.position().line.to_string().into());
            element.properties = properties;
        }
        Dialect::Strict if !properties.is_empty() => {
            let lines = properties.iter().map(|p| format!("{}: {}\n", p.name.as_str(), p.value.as_str()));
            element.set_system_out(lines.collect::<String>());
        }
        Dialect::Strict => {}
    }
    element
}

/// An error outside any case as a `<testcase>`.
pub(super) fn error(diagnostic: &Diagnostic, name: String) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    let all = std::slice::from_ref(diagnostic);
    status.set_message(headline(all)).set_type("error").set_description(draw(all, false));
    let mut element = TestCase::new(name, status);
    element.set_classname(super::reporter::OWN_SUITE);
    element
}

/// A line about the run that is neither good nor bad, as a skipped `<testcase>`.
pub(super) fn remark(name: &str, message: &str) -> TestCase {
    let mut status = TestCaseStatus::skipped();
    status.set_message(&*one_line(message)).set_type("interrupted");
    let mut element = TestCase::new(name, status);
    element.set_classname(super::reporter::OWN_SUITE);
    element
}

fn status(case: &CaseReport, dialect: Dialect) -> TestCaseStatus {
    let complaints = complaints(case);
    let failed = |kind, ty: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(headline(&complaints)).set_type(ty).set_description(draw(&complaints, false));
        status
    };
    let mut status = match &case.outcome {
        Outcome::Passed | Outcome::XPassed { strict: false, .. } => TestCaseStatus::success(),
        Outcome::Failed if case.traffic.misses.is_empty() => failed(NonSuccessKind::Failure, "failure"),
        Outcome::Failed => failed(NonSuccessKind::Failure, "miss"),
        Outcome::Error => failed(NonSuccessKind::Error, "error"),
        Outcome::XPassed { strict: true, .. } => failed(NonSuccessKind::Failure, "xpass"),
        Outcome::Skipped { reason } => skipped("skip", reason, &[]),
        Outcome::XFailed { reason } => skipped("xfail", reason, &complaints),
    };
    status.add_reruns(case.earlier.iter().map(|attempt| rerun(attempt, dialect)));
    status
}

fn skipped(ty: &str, reason: &str, complaints: &[Diagnostic]) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(&*one_line(reason)).set_type(ty);
    if !complaints.is_empty() {
        status.set_description(draw(complaints, false));
    }
    status
}

fn rerun(attempt: &Attempt, dialect: Dialect) -> TestRerun {
    let mut rerun = TestRerun::new(NonSuccessKind::Failure);
    rerun.set_message(headline(&attempt.failures)).set_type("failure");
    rerun.set_description(draw(&attempt.failures, false));
    if dialect == Dialect::Usual {
        rerun.set_time(attempt.duration);
    }
    rerun
}

fn properties(case: &CaseReport) -> Vec<Property> {
    let Traffic { replayed, recorded, live, misses, failed, unused, decided, notes } = &case.traffic;
    let counts = [
        ("calls.replayed", *replayed),
        ("calls.recorded", *recorded),
        ("calls.live", *live),
        ("calls.missing", misses.len()),
        ("calls.failed", *failed),
        ("calls.unused", *unused),
    ];
    let mut properties: Vec<_> = counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| Property::new(name, count.to_string()))
        .collect();
    for miss in misses {
        properties.push(Property::new("miss", &*one_line(&format!("{miss}: {}", miss.one_line()))));
    }
    properties.extend(decided.map(|rung| Property::new("calls.decided-by", rung.name())));
    properties.extend(notes.iter().map(|note| Property::new("calls.note", &*one_line(note))));
    let differences = case.differences.iter().flatten().map(comparison::line);
    properties.extend(differences.map(|line| Property::new("difference", &*line)));
    if let Outcome::XPassed { reason, .. } = &case.outcome {
        properties.push(Property::new("xpass", &*one_line(reason)));
    }
    properties
}
