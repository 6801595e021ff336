//! The first command of the README: the shipped suites against the embedded stack, replayed.

use crate::support::{Project, free_port};
use std::process::Command;

/// Whether a batch is cancelled before it is done is a race that a busy machine loses.
const STEADY: [&str; 2] = ["-k", "not immediate_cancellation"];

#[test]
fn the_shipped_suites_pass_offline_on_either_kind_of_stack() {
    let repository = env!("CARGO_MANIFEST_DIR");
    let (suites, recordings) = (format!("{repository}/suites"), format!("{repository}/recordings"));
    let port = free_port();
    for config in ["starter", &format!("server:starter:{port}")] {
        let project = Project::new();
        let args = ["--suites-dir", &suites, "--recordings", &recordings, "--report", "junit=j.xml"];
        let ended = project.run(["run", "--stack-config", config].into_iter().chain(args).chain(STEADY));
        ended.expect(0, &["PASSED", "replayed"]);
        let report = project.junit("j.xml");
        assert!(report.tests >= 60, "{} cases", report.tests);
        assert_eq!((report.failures, report.errors), (0, 0));
        let suites: Vec<&str> = report.test_suites.iter().map(|suite| suite.name.as_str()).collect();
        assert!(suites.contains(&"inference/chat") && suites.contains(&"batches/batches"), "{suites:?}");
    }
}

#[test]
fn they_pass_where_few_files_may_be_open_unless_one_asks() {
    let repository = env!("CARGO_MANIFEST_DIR");
    let project = Project::new();
    let mut command = Command::new("sh");
    command.env_clear().current_dir(project.root());
    // The soft limit alone, as some systems set it.
    command.args(["-c", "ulimit -S -n 64; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_stack-test"), "run"]);
    command.args(["--stack-config", "starter", "--suites-dir", &format!("{repository}/suites")]).args(STEADY);
    let output = command.args(["--recordings", &format!("{repository}/recordings")]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
}
