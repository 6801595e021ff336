//! Reports and terminals that do not take what is written.

use crate::support::{Project, Server};
use std::process::Command;

const SUITE: &str = "cases: [{ name: one, steps: [{ get: /one, expect: { status: 200 } }] }]\n";

#[test]
fn a_reader_that_leaves_early_loses_only_what_it_did_not_read() {
    let server = Server::stack(|_, reply| reply.json(200, "{}"));
    let project = Project::with(SUITE);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_stack-test"));
    command.env_clear().current_dir(project.root()).stdout(writer);
    command.args(["run", "a", "--stack-config", &server.url(), "--report", "junit=j.xml"]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    // `stack-test run | head` is no failure of anything.
    assert_eq!((output.status.code(), said.as_ref()), (Some(0), ""));
    assert_eq!(project.junit("j.xml").tests, 1);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_the_other_reports_are_written() {
    let server = Server::stack(|_, reply| reply.json(200, "{}"));
    let project = Project::with(SUITE);
    let reports = ["--report", "junit=/dev/full", "--report", "json=j.json"];
    let ended = project.run(["run", "a", "--stack-config", &server.url()].into_iter().chain(reports));
    ended.expect(3, &["1 passed", "the junit report could not be written", "No space left"]);
    assert!(project.read("j.json").contains("\"verdict\": \"passed\""));
}

#[test]
fn words_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStrExt;
    let mut command = Command::new(env!("CARGO_BIN_EXE_stack-test"));
    let output = command.arg("run").arg(std::ffi::OsStr::from_bytes(b"\xff\xfe")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("UTF-8") && !said.contains("panicked"), "{said}");
}
