//! What all reports say of the canned run is what the one model of it says.

use super::canned::{EXPECTED, events};
use super::{console_text, report};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus};
use serde_json::Value;
use stack_test::report::{ConsoleSettings, REPORTERS, Tally, Verdict};
use std::collections::HashSet;

#[test]
fn the_console_has_a_line_for_each_case_in_the_order_of_the_plan() {
    let text = console_text(ConsoleSettings::default(), &events());
    let mut rest = text.as_str();
    for (id, word, ..) in EXPECTED {
        let line = rest.lines().find(|line| line.contains(id)).unwrap();
        assert!(line.starts_with(&format!("{word:<5} ")), "{line}");
        rest = rest.split_once(line).unwrap().1;
    }
}

fn cases(xml: &str) -> Vec<TestCase> {
    let report = Report::deserialize_from_str(xml).unwrap();
    report.test_suites.into_iter().flat_map(|suite| suite.test_cases).collect()
}

fn element(case: &TestCase) -> &'static str {
    match &case.status {
        TestCaseStatus::Success { flaky_runs } if flaky_runs.is_empty() => "",
        TestCaseStatus::Success { .. } => "flakyFailure",
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => "failure",
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, .. } => "error",
        TestCaseStatus::Skipped { .. } => "skipped",
    }
}

#[test]
fn junit_has_an_element_for_each_case_and_one_for_the_error_of_the_run() {
    for dialect in ["junit", "junit-strict"] {
        let cases = cases(&report(dialect, &events()));
        assert_eq!(cases.len(), EXPECTED.len() + 1);
        for ((id, _, expected, _), case) in EXPECTED.iter().zip(&cases) {
            let (suite, name) = id.split_once("::").unwrap();
            assert_eq!(case.name.as_str(), name);
            assert_eq!(case.classname.as_deref(), Some(suite.replace('/', ".").as_str()));
            assert_eq!(element(case), *expected, "{id}");
        }
        assert_eq!(element(&cases[EXPECTED.len()]), "error");
        let pairs: HashSet<_> =
            cases.iter().map(|case| (case.classname.as_deref(), case.name.as_str())).collect();
        assert_eq!(pairs.len(), cases.len());
    }
}

#[test]
fn junit_carries_the_text_of_the_terminal() {
    let console = console_text(ConsoleSettings::default(), &events());
    let mut failures = 0;
    for case in cases(&report("junit", &events())) {
        if let TestCaseStatus::NonSuccess { description, message, .. } = &case.status {
            assert!(console.contains(description.as_deref().unwrap()), "{}", case.name.as_str());
            assert_eq!(message.as_deref().unwrap().lines().count(), 1);
            failures += 1;
        }
    }
    assert_eq!(failures, 6);
}

#[test]
fn the_strict_dialect_keeps_to_the_attributes_of_the_schema() {
    let xml = report("junit-strict", &events());
    let allowed = |tag: &str| match tag {
        "testsuites" => "name time tests failures errors",
        "testsuite" => "name tests failures errors time skipped timestamp file",
        "testcase" => "name time classname",
        "failure" | "error" | "skipped" | "rerunFailure" | "flakyFailure" => "message type",
        "property" => "name value",
        "properties" | "system-out" => "",
        other => panic!("<{other}> is not in the schema"),
    };
    let mut seen = HashSet::new();
    for tag in xml.split('<').skip(2).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag) {
        let Some((name, attributes)) = tag.trim_end_matches('/').split_once(' ') else { continue };
        seen.insert(name);
        for attribute in attributes.split("=\"").filter_map(|text| text.rsplit(['"', ' ']).next()) {
            let is_value_at_the_end = attribute.is_empty();
            assert!(
                is_value_at_the_end || allowed(name).split(' ').any(|a| a == attribute),
                "{tag}: {attribute}"
            );
        }
    }
    assert!(["testsuites", "testcase", "rerunFailure"].iter().all(|tag| seen.contains(tag)), "{seen:?}");
    assert!(!xml.contains("<properties>\n                <"), "a case has no properties");
}

#[test]
fn json_has_every_case_with_its_status() {
    let document: Value = serde_json::from_str(&report("json", &events())).unwrap();
    assert_eq!(document["version"], 1);
    assert_eq!(document["verdict"], "failed");
    let cases = document["cases"].as_array().unwrap();
    assert_eq!(cases.len(), EXPECTED.len());
    for ((id, word, _, status), case) in EXPECTED.iter().zip(cases) {
        assert_eq!(case["id"], *id);
        assert_eq!(case["status"], *status);
        assert_eq!(case["flaky"], *word == "FLAKY");
    }
    let failing = cases.iter().filter(|case| case["fails_the_run"] == true).count();
    assert_eq!(failing, 5);
}

#[test]
fn annotations_point_at_what_failed() {
    let text = report("github", &events());
    let count = |kind: &str| text.lines().filter(|line| line.starts_with(kind)).count();
    assert_eq!((count("::error "), count("::warning ")), (6, 2), "{text}");
    assert!(
        text.contains("file=suites/inference/chat.yaml,line=11,col=11,title=inference/chat%3A%3Astreaming")
    );
}

#[test]
fn the_tally_says_what_the_reports_say() {
    let mut tally = Tally::default();
    events().iter().for_each(|event| tally.on_event(event));
    assert_eq!(tally.verdict(), Verdict::Failed);
    assert_eq!(tally.total().failures(), 5);
    let slowest: Vec<_> = tally.slowest(2).into_iter().map(|(_, id, _)| id.to_string()).collect();
    assert_eq!(slowest, ["batches/batches::unrecorded", "batches/batches::lost"]);
}

#[test]
fn every_reporter_is_in_the_documentation() {
    let page = include_str!("../../docs/reports.md");
    for spec in REPORTERS {
        assert!(page.contains(&format!("`{}`", spec.name())), "{} is not in docs/reports.md", spec.name());
        assert!(page.contains(spec.summary()), "the summary of {} is not in docs/reports.md", spec.name());
    }
}
