//! Each exit code, and that the JUnit file agrees with it.

use crate::support::{Project, Server, free_port, junit};

const TWO: &str = "
cases:
  - name: one
    steps: [{ get: /one, expect: { status: 200 } }]
  - name: two
    steps: [{ get: /two, expect: { status: 200 } }]
";

#[test]
fn all_passed_is_0() {
    let server = Server::stack(|_, reply| reply.json(200, "{}"));
    let project = Project::with(TWO);
    let ended = project.run(["run", "a", "--stack-config", &server.url(), "--report", "junit=out/junit.xml"]);
    ended.expect(0, &["PASSED: 2 cases: 2 passed", &server.url()]);
    let report = project.junit("out/junit.xml");
    assert_eq!((report.tests, report.failures, report.errors), (2, 0, 0));
}

#[test]
fn a_failed_case_is_1_and_is_drawn_on_the_suite() {
    let server = Server::stack(|ask, reply| {
        reply.json(if ask.path == "/two" { 503 } else { 200 }, r#"{"why":"busy"}"#)
    });
    let project = Project::with(TWO);
    let ended = project.run(["run", "a", "--stack-config", &server.url(), "--report", "junit=junit.xml"]);
    ended.expect(1, &["FAILED: 2 cases: 1 passed, 1 failed", "a.yaml:6:", "503", "busy"]);
    let report = project.junit("junit.xml");
    assert_eq!((report.tests, report.failures, report.errors), (2, 1, 0));
}

#[test]
fn a_stack_that_is_not_there_is_3() {
    let project = Project::with(TWO);
    let url = format!("http://127.0.0.1:{}", free_port());
    let ended = project.run(["run", "a", "--stack-config", &url, "--report", "junit=junit.xml"]);
    ended.expect(3, &["nothing answers at", &url, "start the server first"]);
    assert_eq!(project.junit("junit.xml").errors, 1);
}

#[test]
fn a_report_that_cannot_be_written_is_known_before_anything_runs() {
    let server = Server::stack(|_, reply| reply.json(200, "{}"));
    let project = Project::with(TWO);
    project.file("taken", "a file");
    let ended =
        project.run(["run", "a", "--stack-config", &server.url(), "--report", "junit=taken/junit.xml"]);
    ended.expect(4, &["the report `taken/junit.xml` cannot be written"]);
    assert_eq!(server.lines(), Vec::<String>::new());
}

#[test]
fn what_cannot_be_understood_is_4() {
    let project = Project::with(TWO);
    project.run(["run", "a", "--jbos", "3"]).expect(4, &["--jobs"]);
    project.run(["run", "a", "-j", "0"]).expect(4, &["no case can run with 0 jobs"]);
    project.run(["run", "a", "--case-timeout", "soon"]).expect(4, &["--case-timeout", "soon"]);
    project.run(["run", "a", "--report", "jnuit=x.xml"]).expect(4, &["did you mean `junit`?"]);
    project.run(["run", "b"]).expect(4, &["b"]);
    project.run(["run", "a", "--setup", "olama"]).expect(4, &["did you mean `ollama`?"]);
    project.run(["run", "a", "--suites-dir", "nowhere"]).expect(4, &["`nowhere` does not exist"]);
    project.run(["run", "a", "--env", "NAME"]).expect(4, &["NAME=VALUE"]);
}

#[test]
fn a_bad_suite_is_4_and_an_error_in_junit() {
    let project = Project::with("cases:\n  - name: one\n    stesp: [{ get: /one }]\n");
    let ended = project.run(["run", "a", "--stack-config", "starter", "--report", "junit=junit.xml"]);
    ended.expect(4, &["a.yaml:3:5", "stesp", "did you mean `steps`?"]);
    let report = project.junit("junit.xml");
    assert!(report.errors >= 1, "{report:?}");
    let ended = project.run(["run", "a", "--stack-config", "starter", "--report", "junit=-"]);
    let start = ended.stdout.find("<?xml").expect("the report is on standard output");
    assert!(junit(&ended.stdout[start..]).errors >= 1);
}

#[test]
fn a_selection_without_cases_is_5() {
    let project = Project::with(TWO);
    let ended = project.run(["run", "a", "-k", "three", "--report", "junit=junit.xml"]);
    ended.expect(5, &["NOTHING SELECTED", "2 deselected"]);
    assert_eq!(project.junit("junit.xml").tests, 0);
    project.run(["run", "a", "-k", "three", "--collect-only"]).expect(5, &["0 cases"]);
}
