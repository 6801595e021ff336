//! Many cases.

use super::{canned, console_text, report};
use stack_test::events::Event;
use stack_test::model::Outcome;
use stack_test::report::{ConsoleSettings, REPORTERS};
use stack_test::source::{Diagnostic, Origin, SourceFile, Span};

const CASES: usize = 5000;

/// Every tenth case fails, with a body; the last case ends first.
fn events() -> Vec<Event> {
    let text: String = (0..CASES).map(|n| format!("  - name: case_{n}\n    steps: []\n")).collect();
    let file = SourceFile::new("suites/big.yaml", format!("cases:\n{text}"));
    let report = |index: usize| {
        let start = file.offset(2 + 2 * index, 11);
        let origin = Origin { file: file.clone(), span: Span { start, end: start + 6 } };
        let fails = index.is_multiple_of(10);
        let outcome = if fails { Outcome::Failed } else { Outcome::Passed };
        let mut case = canned::case(index, 0, &format!("big::case_{index}"), origin.clone(), outcome);
        if fails {
            case.failures = vec![Diagnostic::at(origin, "the status differs").note("body ".repeat(400))];
        }
        Event::CaseFinished(Box::new(case))
    };
    let mut events = vec![canned::start("starter", &[("big", "")], CASES)];
    events.extend((0..CASES).rev().map(report));
    events.push(canned::end(None, Vec::new()));
    events
}

#[test]
fn thousands_of_cases_are_all_reported() {
    let events = events();
    let text = console_text(ConsoleSettings::default(), &events);
    assert_eq!(text.lines().filter(|line| line.starts_with("PASS")).count(), CASES - CASES / 10);
    assert!(text.contains("[500/500] FAIL big::case_4990"));
    for spec in REPORTERS {
        let text = report(spec.name(), &events);
        match spec.name() {
            "junit" | "junit-strict" => assert_eq!(text.matches("<testcase ").count(), CASES),
            "json" => assert_eq!(text.lines().filter(|line| line.starts_with("{\"id\"")).count(), CASES),
            "github" => assert_eq!(text.lines().count(), 10),
            "markdown" => {
                assert!(text.len() < 1024 * 1024 && text.contains("failures not shown"), "{}", text.len())
            }
            other => panic!("{other} is not tested here"),
        }
    }
}
