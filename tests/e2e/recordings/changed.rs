//! What changed since a revision of git.

use super::{recording, two_calls};
use crate::support::Project;
use std::process::Command;

pub(super) fn git(project: &Project, args: &[&str]) {
    let done = Command::new("git")
        .args([
            "-c",
            "user.name=Nobody",
            "-c",
            "user.email=nobody@example.invalid",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(args)
        .current_dir(project.root())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn committed() -> Project {
    let project = Project::new();
    for case in ["asked", "answered", "gone", "later", "same"] {
        recording(&project, "one", case, "hello");
    }
    git(&project, &["init", "--quiet"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "--message", "Record"]);
    project
}

#[test]
fn each_kind_of_change_is_told_by_case_call_and_pointer() {
    let project = committed();
    project.run(["recordings", "diff", "HEAD"]).expect(0, &["the recordings are as they were in HEAD"]);
    let file = |case: &str, text: String| project.file(&format!("recordings/one/a/{case}.json"), text);
    file("asked", two_calls("asked", "hello").replace("Which planet?", "Which star?"));
    file("answered", two_calls("answered", "goodbye"));
    file("later", two_calls("later", "hello").replace("\"at\": 9", "\"at\": 900"));
    file("new", two_calls("new", "hello"));
    std::fs::remove_file(project.path("recordings/one/a/gone.json")).unwrap();
    let diff = project.run(["recordings", "diff", "HEAD"]);
    diff.expect(1, &["/request/body/messages/0/content", "- \"Which planet?\"", "+ \"Which star?\""]);
    diff.expect(1, &["/response/body/message/content", "- \"hello\"", "+ \"goodbye\""]);
    let counts =
        "5 sets changed since HEAD: 2 added, 2 removed, 1 request changed, 1 answer changed, 1 only timing";
    diff.expect(1, &["call 2  ollama POST /api/chat  answer changed", counts]);
    diff.expect_not("a::same");
    project
        .run(["recordings", "diff", "HEAD", "a::later"])
        .expect(1, &["1 only timing"])
        .expect_not("a::new");
    let json = project.run(["recordings", "diff", "HEAD", "a::answered", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let differences = &json[0]["calls"][0]["differences"];
    assert_eq!(differences[0]["was"], "hello", "{json}");
}

#[test]
fn a_body_that_changed_or_went_is_a_change() {
    let project = Project::new();
    let image = "x".repeat(100_000);
    recording(&project, "one", "large", &image);
    project.run(["recordings", "export", "--to", "har", "--out", "out/calls.har"]).expect(0, &[]);
    std::fs::remove_dir_all(project.path("recordings")).unwrap();
    // Imported, the long answer is kept apart.
    project.run(["recordings", "import", "--from", "har", "out"]).expect(0, &[]);
    recording(&project, "one", "same", "hello");
    let bodies = project.files("recordings/one/_bodies");
    assert_eq!(bodies.len(), 1);
    git(&project, &["init", "--quiet"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "--message", "Record"]);
    project.run(["recordings", "diff", "HEAD"]).expect(0, &[]);
    let body = bodies[0].rsplit('/').next().unwrap();
    project.file(&bodies[0], "something else");
    project
        .run(["recordings", "diff", "HEAD"])
        .expect(1, &["a::large", "as it is, it cannot be read", body, "1 set changed"])
        .expect_not("a::same");
    std::fs::remove_file(project.path(&bodies[0])).unwrap();
    project.run(["recordings", "diff", "HEAD"]).expect(1, &["a::large", body, "is missing"]);
    project.run(["recordings", "diff", "HEAD", "a::same"]).expect(0, &["as they were"]);
    // What was broken then is said, too.
    git(&project, &["rm", "--quiet", "--cached", &bodies[0]]);
    git(&project, &["commit", "--quiet", "--message", "Forget it"]);
    project.file(&bodies[0], "something");
    project.run(["recordings", "diff", "HEAD"]).expect(1, &["a::large", "as it was, it cannot be read"]);
    project.file("recordings/one/a/new.json", "{");
    project.run(["recordings", "diff", "HEAD", "a::new"]).expect(1, &["a::new", "cannot be read"]);
}

#[test]
fn a_revision_that_is_none_is_the_user_s_mistake() {
    let project = committed();
    project.run(["recordings", "diff", "nowhere"]).expect(4, &["a revision `nowhere`"]);
    project.run(["recordings", "diff", "--", "--output=x"]).expect(4, &["a revision `--output=x`"]);
    assert!(!project.path("recordings/x").exists());
    project.file("recordings/one/a/same.json", "{");
    project.run(["recordings", "diff", "HEAD"]).expect(1, &["a::same", "as it is, it cannot be read"]);
}
