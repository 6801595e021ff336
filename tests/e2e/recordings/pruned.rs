//! What nothing needs goes, when it is asked to; nothing else ever does.

use super::{recording, two_calls};
use crate::run::stacks::CHAT;
use crate::support::Project;
use std::fs::File;
use std::time::{Duration, SystemTime};

fn overgrown() -> Project {
    let project = Project::with(CHAT);
    recording(&project, "default", "chat", "x");
    recording(&project, "default", "chat[txt=ollama%2fother]", "x");
    // The name in the file is the case's own.
    let odd = project.read("recordings/default/a/chat[txt=ollama%2fother].json").replace("%2f", "/");
    project.file("recordings/default/a/chat[txt=ollama%2fother].json", odd);
    recording(&project, "default", "gone", "x");
    project.file("recordings/default/a/broken.json", "{");
    project.file("recordings/default/a/.stack-test-old", "half");
    project.file("recordings/default/a/.stack-test-new", "half");
    let old = SystemTime::now() - Duration::from_secs(7200);
    let file =
        File::options().write(true).open(project.path("recordings/default/a/.stack-test-old")).unwrap();
    file.set_modified(old).unwrap();
    project
}

#[test]
fn without_a_terminal_nothing_goes_unless_told_to() {
    let project = overgrown();
    let before = project.files("recordings");
    let asked = project.run(["recordings", "prune"]);
    asked.expect(1, &["a/gone.json: no suite has", "2 files to remove; nothing was", "`--yes` removes them"]);
    assert_eq!(project.files("recordings"), before);
    project.run(["recordings", "prune", "--yes"]).expect(0, &["2 files removed"]);
    let left: Vec<String> =
        before.into_iter().filter(|file| !file.ends_with("gone.json") && !file.ends_with("-old")).collect();
    assert_eq!(project.files("recordings"), left);
    project.run(["recordings", "prune", "--yes"]).expect(0, &["nothing to prune"]);
}

#[test]
fn what_belongs_to_no_suite_stays_unless_it_is_named() {
    let project = Project::with(CHAT);
    recording(&project, "default", "chat", "x");
    let of = |suite: &str, case: &str| {
        let text = two_calls(case, "x").replace("\"a::", &format!("\"{suite}::"));
        project.file(&format!("recordings/default/{suite}/{case}.json"), text);
    };
    of("t.py", "test_a");
    of("t.py", "test_b");
    of("old", "case");
    let before = project.files("recordings");
    let verified = project.run(["recordings", "verify"]);
    verified
        .expect(0, &["t.py/test_a.json: note: belongs to no suite here", "4 sets verified, nothing wrong"]);
    let pruned = project.run(["recordings", "prune", "--yes"]);
    pruned.expect(0, &["note: 3 sets of no suite here stay", "nothing to prune"]);
    assert_eq!(project.files("recordings"), before);
    project.run(["recordings", "prune", "--yes", "t.py::test_b"]).expect(0, &["1 file removed"]);
    assert_eq!(project.files("recordings").len(), 3);
    project.run(["recordings", "prune", "--yes", "--gone-suites"]).expect(0, &["2 files removed"]);
    assert_eq!(project.files("recordings"), ["recordings/default/a/chat.json"]);
    let elsewhere = ["recordings", "prune", "--yes", "--gone-suites", "--suites-dir", "nowhere"];
    project.run(elsewhere).expect(4, &["there is no folder `nowhere`"]);
}

#[test]
fn bodies_go_with_the_last_set_that_mentions_them() {
    let project = Project::with(CHAT);
    recording(&project, "default", "chat", "x");
    let shared = format!("_bodies/{}", "0a".repeat(16));
    let of_gone = format!("_bodies/{}", "1b".repeat(16));
    for (case, mentions) in [("chat", &shared), ("gone", &of_gone)] {
        recording(&project, "default", case, &format!("{shared} and {mentions}"));
    }
    project
        .file(&format!("recordings/default/{shared}"), "x")
        .file(&format!("recordings/default/{of_gone}"), "y");
    project.run(["recordings", "prune", "--yes"]).expect(0, &["2 files removed"]);
    let left =
        ["recordings/default/_bodies/0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", "recordings/default/a/chat.json"];
    assert_eq!(project.files("recordings"), left);
}

#[test]
fn with_a_broken_suite_nothing_is_known_to_be_gone() {
    let project = overgrown();
    project.file("suites/b.yaml", "cases: [");
    let before = project.files("recordings");
    project.run(["recordings", "prune", "--yes"]).expect(4, &["suites/b.yaml"]);
    assert_eq!(project.files("recordings"), before);
}
