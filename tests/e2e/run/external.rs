//! Tests of other runners, run by one that is made of the standard library of Python and behaves as badly as runners do.

use super::stacks::recorded_at;
use crate::support::{Ended, Project, Server};

const TOOL: &str = include_str!("../external/tool.py");

const SUITE: &str = "about: Theirs\ntags: [theirs]\nexternal:\n  adapter: pytest\n  command: [python3, tool.py, tests.txt]\n";

/// Whether there is a Python to run the tests of another runner with.
fn has_python() -> bool {
    let found = std::process::Command::new("python3").arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: there is no python3");
    }
    found
}

/// A project with the suite `ext` whose runner has these tests.
fn project(tests: &str) -> Project {
    let project = Project::new();
    project.file("suites/ext.yaml", SUITE).file("tool.py", TOOL).file("tests.txt", tests);
    project
}

/// A stack that has everything and is asked nothing.
fn stack() -> Server {
    Server::stack(|_, reply| reply.json(404, "{}"))
}

fn run(project: &Project, stack: &Server, more: &[&str]) -> Ended {
    let url = stack.url();
    project.run(["run", "--stack-config", &url].into_iter().chain(more.iter().copied()))
}

fn cases(ended: &Ended) -> Vec<String> {
    ended.cases().into_iter().map(|(status, id)| format!("{status} {id}")).collect()
}

#[test]
fn their_outcomes_are_ours() {
    if !has_python() {
        return;
    }
    let project = project(
        "a.py::one|pass\na.py::two|fail|1 is not 2\nb.py::three|skip|not today\nb.py::four|xfail|known\nb.py::five|xpass\nb.py::six|xpass|strict\nb.py::seven|error|no fixture\n",
    );
    let ended = run(&project, &stack(), &["ext", "--report", "junit=j.xml"]);
    ended.expect(1, &["1 is not 2", "printed by it", "(not today)", "no fixture"]);
    let expected = [
        "PASS ext::a.py::one",
        "FAIL ext::a.py::two",
        "SKIP ext::b.py::three",
        "XFAIL ext::b.py::four",
        "XPASS ext::b.py::five",
        "XPASS ext::b.py::six",
        "ERROR ext::b.py::seven",
    ];
    assert_eq!(cases(&ended), expected);
    let report = project.junit("j.xml");
    let names: Vec<&str> =
        report.test_suites[0].test_cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names[..2], ["a.py::one", "a.py::two"]);
}
