//! Runs that did not go as planned: every report is still written, and none looks like a success.

use super::{canned, console_text, report};
use quick_junit::Report;
use stack_test::events::Event;
use stack_test::report::{ConsoleSettings, REPORTERS, Tally, Verdict, setup_failure};
use stack_test::source::Diagnostic;

fn verdict(events: &[Event]) -> Verdict {
    let mut tally = Tally::default();
    events.iter().for_each(|event| tally.on_event(event));
    tally.verdict()
}

fn junit(events: &[Event]) -> Report {
    Report::deserialize_from_str(&report("junit", events)).unwrap()
}

#[test]
fn a_run_that_never_began_has_an_error_for_each_mistake() {
    let mistake = Diagnostic::new("unknown key `expct`").hint("did you mean `expect`?");
    let events = [setup_failure(vec![mistake.clone(), Diagnostic::new("a cycle of includes"), mistake])];
    let report = junit(&events);
    assert_eq!((report.tests, report.errors), (2, 2), "the same mistake is told once");
    assert_eq!(report.test_suites[0].name.as_str(), "stack-test");
    let text = console_text(ConsoleSettings::default(), &events);
    assert!(text.starts_with("error: unknown key `expct`") && text.contains("did you mean"), "{text}");
    assert!(text.ends_with("NOT RUN: 2 errors, no case was run\n"), "{text}");
    assert_eq!(verdict(&events), Verdict::NotRun);
}

#[test]
fn different_mistakes_with_the_same_words_keep_names_of_their_own() {
    let mistakes = ["one", "two"].map(|note| Diagnostic::new("the file cannot be read").note(note));
    let report = junit(&[setup_failure(mistakes.to_vec())]);
    let names: Vec<_> = report.test_suites[0].test_cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["the file cannot be read", "the file cannot be read (2)"]);
}

#[test]
fn a_stack_that_does_not_start_is_told_once_and_is_red() {
    let failure = Diagnostic::new("the stack died").note("Traceback …");
    let events = [
        canned::start("server:starter", &[("a", "")], 7),
        Event::StackFailed(failure.clone()),
        canned::end(None, vec![failure]),
    ];
    let report = junit(&events);
    assert_eq!((report.errors, report.skipped), (1, 1));
    let text = console_text(ConsoleSettings::default(), &events);
    assert!(text.contains("Traceback") && text.contains("7 of 7 cases did not run"), "{text}");
    assert_eq!(verdict(&events), Verdict::Broken);
}

#[test]
fn a_run_without_an_end_is_no_success_even_if_nothing_failed() {
    let mut events = canned::events();
    events.retain(|event| match event {
        Event::CaseFinished(case) => case.index == 0,
        Event::RunEnded(_) => false,
        _ => true,
    });
    assert_eq!(verdict(&events), Verdict::Broken);
    assert_eq!(junit(&events).skipped, 1);
    events.push(Event::Interrupted);
    assert_eq!(verdict(&events), Verdict::Interrupted);
}

#[test]
fn nothing_selected_and_a_limit_of_time_have_verdicts_of_their_own() {
    let none = [canned::start("starter", &[], 0), canned::end(None, Vec::new())];
    assert_eq!(verdict(&none), Verdict::NothingSelected);
    let late =
        [canned::start("starter", &[("a", "")], 2), canned::end(Some("--run-timeout is over"), Vec::new())];
    assert_eq!(verdict(&late), Verdict::Interrupted);
}

#[test]
fn no_reporter_minds_a_run_without_any_event() {
    for spec in REPORTERS {
        report(spec.name(), &[]);
    }
}
