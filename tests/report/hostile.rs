//! Ids, reasons, bodies and file names that try to do something to their reader.

use super::{Paper, canned, console_text, report, run};
use stack_test::events::{Attempt, Event};
use stack_test::model::{CaseId, Change, Difference, Mend, Miss, NearestRecording, Outcome};
use stack_test::report::{ConsoleSettings, REPORTERS, ReporterSettings, Verbosity, console};
use stack_test::source::{Diagnostic, Origin, SourceFile, Span};
use stack_test::text::{RedactingWriter, Redactor};
use std::time::Duration;

/// Clears the screen, sets the title, turns text around, ends an XML element, gives orders to a CI, is no XML at all.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\r\n::error::owned\n##[error]owned ]]></failure>\u{0}\u{fffe}`|<b>";

fn events() -> Vec<Event> {
    let file =
        SourceFile::new(format!("suites/{EVIL}.yaml"), format!("- name: {}\n", EVIL.replace('\n', " ")));
    let origin = Origin { file, span: Span { start: 8, end: 10 } };
    let mut failed = canned::case(0, 0, "a::b", origin.clone(), Outcome::Failed);
    failed.id = CaseId::new(EVIL, EVIL);
    failed.failures = vec![Diagnostic::at(origin.clone(), EVIL).compared(EVIL, EVIL).hint(EVIL).note(EVIL)];
    failed.earlier = vec![Attempt { duration: Duration::ZERO, failures: failed.failures.clone() }];
    let word = || EVIL.to_owned();
    let change = Change::Changed { recorded: word(), now: word(), from: None };
    failed.traffic.misses = vec![Miss {
        step: Some(word()),
        place: Some(word()),
        provider: word(),
        method: word(),
        path: word(),
        summary: word(),
        explanation: word(),
        nearest: Some(NearestRecording {
            case: Some(failed.id.clone()),
            own: false,
            call: 1,
            calls: 1,
            differences: vec![Difference { at: word(), change, volatile: None }],
            left_out: 0,
        }),
        mends: vec![Mend::Command(word()), Mend::Rule(word()), Mend::Advice(word())],
        ..Miss::default()
    }];
    let skipped = canned::case(1, 0, "a::skipped", origin, Outcome::Skipped { reason: word() });
    vec![
        canned::start(EVIL, &[(EVIL, EVIL)], 3),
        Event::Notice(word()),
        Event::CaseFinished(Box::new(failed)),
        Event::CaseFinished(Box::new(skipped)),
        canned::end(Some(EVIL), vec![Diagnostic::new(EVIL)]),
    ]
}

fn assert_harmless(what: &str, text: &str) {
    let bad = text.chars().find(|c| c.is_control() && *c != '\n' || matches!(c, '\u{202e}' | '\u{fffe}'));
    assert_eq!(bad, None, "{what}: {text:?}");
    assert!(!text.contains("##["), "{what}: {text}");
}

#[test]
fn no_report_passes_on_what_a_terminal_or_a_ci_acts_upon() {
    for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
        let settings = || ConsoleSettings { verbosity, ..ConsoleSettings::default() };
        let text = console_text(settings(), &events());
        assert_harmless("console", &text);
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
        let colored = console_text(ConsoleSettings { color: true, ..settings() }, &events());
        // What is left of the colours once ours are taken away.
        let ours = colored.split('\u{1b}').skip(1).all(|rest| {
            let code = rest.strip_prefix('[').and_then(|rest| rest.split_once('m'));
            code.is_some_and(|(code, _)| code.chars().all(|c| c.is_ascii_digit() || c == ';'))
        });
        assert!(ours && !colored.contains("[2J\u{1b}"), "{colored:?}");
    }
    for spec in REPORTERS.iter().filter(|spec| spec.name() != "json") {
        let text = report(spec.name(), &events());
        assert_harmless(spec.name(), &text);
        let orders = text.lines().filter(|line| line.trim_start().starts_with("::")).count();
        assert_eq!(orders, if spec.name() == "github" { 3 } else { 0 }, "{text}");
    }
}

#[test]
fn json_keeps_every_character_and_escapes_it() {
    let text = report("json", &events());
    assert!(!text.chars().any(|c| ('\0'..' ').contains(&c) && c != '\n'));
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["cases"][0]["failures"][0]["what"], EVIL);
}

#[test]
fn junit_is_well_formed_and_keeps_its_structure() {
    for dialect in ["junit", "junit-strict"] {
        let parsed = quick_junit::Report::deserialize_from_str(&report(dialect, &events())).unwrap();
        let cases: Vec<_> = parsed.test_suites.iter().map(|suite| suite.test_cases.len()).collect();
        assert_eq!(cases, [2, 2], "two cases; an error of the run and that it was cut short");
    }
}

#[test]
fn a_secret_in_a_body_leaves_no_trace_in_any_report() {
    const KEY: &str = "sk-live/\"q&a<b>\\0123456789";
    let body = serde_json::json!({ "authorization": format!("Bearer {KEY}"), "filler": "x".repeat(40_000), "again": KEY });
    let file = SourceFile::new("suites/a.yaml", format!("- name: b\n# {KEY}\n"));
    let origin = Origin { file, span: Span { start: 10, end: 14 } };
    let mut case = canned::case(0, 0, "a::b", origin.clone(), Outcome::Failed);
    case.id = CaseId::new("a", format!("b[key={KEY}]"));
    let what = format!("the body has {KEY}");
    case.failures = vec![
        Diagnostic::at(origin, what)
            .compared(KEY, format!("{KEY} {}", "y".repeat(99)))
            .note(body.to_string()),
    ];
    let events = [
        canned::start("starter", &[("a", "")], 1),
        Event::CaseFinished(Box::new(case)),
        canned::end(None, Vec::new()),
    ];
    let paper = Paper::default();
    let out = || Box::new(RedactingWriter::new(paper.clone(), Redactor::new([KEY])));
    run(
        console(
            ConsoleSettings { color: true, verbosity: Verbosity::Verbose, ..ConsoleSettings::default() },
            out(),
        ),
        &events,
    );
    for spec in REPORTERS {
        run(spec.make(ReporterSettings::default(), out()), &events);
    }
    let text = paper.text();
    assert!(text.contains("***"));
    for trace in ["sk-live", "q&a", "q&amp;a", "0123456789"] {
        let at = text.find(trace).map(|at| text[..at].chars().rev().take(100).collect::<Vec<_>>());
        assert!(at.is_none(), "{trace}: {}", at.into_iter().flatten().rev().collect::<String>());
    }
}
