//! What is wrong with recordings is found, and named with what to do.

use super::{recording, two_calls};
use crate::run::stacks::{CHAT, recorded_at};
use crate::support::Project;

#[test]
fn what_was_just_recorded_has_nothing_wrong_with_it() {
    let project = Project::with(CHAT);
    recorded_at(&project);
    project.run(["recordings", "verify"]).expect(0, &["verified, nothing wrong"]);
}

#[test]
fn every_kind_of_problem_is_named_by_file() {
    let project = Project::with(CHAT);
    recording(&project, "default", "chat", "x");
    recording(&project, "default", "gone", "x");
    project.file("recordings/default/a/broken.json", "{");
    project.file("recordings/default/a/moved.json", two_calls("chat", "x"));
    let apart = format!("{{\"file\": \"_bodies/{}\"}}", "0a".repeat(16));
    let text = two_calls("body", "x").replace(r#"{"json": {"model": "n", "messages": []}}"#, &apart);
    project.file("recordings/default/a/body.json", text);
    project.file(&format!("recordings/default/_bodies/{}", "1b".repeat(16)), "dead");
    project.file("recordings/default/notes.txt", "mine");
    std::os::unix::fs::symlink("/etc/hostname", project.path("recordings/default/a/link.json")).unwrap();
    let verified = project.run(["recordings", "verify"]);
    verified.expect(
        1,
        &[
            "a/gone.json: no suite has the case `a::gone`",
            "a/broken.json: 1:1: this is no complete recording",
            "a/moved.json: 3:1: this recording belongs to `a::chat`, but its name is that of `a/moved`",
            "/0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a` is missing",
            "1b1b: no set refers to this body",
            "notes.txt: no recording",
            "link.json: a symbolic link",
            "7 problems",
        ],
    );
    verified.expect_not("a/chat.json");
}

#[test]
fn what_a_run_did_not_use_is_a_problem() {
    let project = Project::with(CHAT);
    let (path, text) = recorded_at(&project);
    let calls = text.find("    {\n      \"request\"").unwrap();
    let end = text.rfind("\n  ]").unwrap();
    let twice = format!(
        "{},\n{}{}",
        &text[..end],
        text[calls..end].replace("Say hello", "Say goodbye"),
        &text[end..]
    );
    project.file(&path, twice);
    let args = ["run", "a", "--stack-config", "starter", "--env", "OLLAMA_URL=http://127.0.0.1:9/v1"];
    project.run(args.into_iter().chain(["--report", "json=r.json"])).expect(0, &[]);
    project.run(["recordings", "verify"]).expect(0, &[]);
    let verified = project.run(["recordings", "verify", "--from-report", "r.json"]);
    verified.expect(
        1,
        &["a/chat.json: the run did not use 1 recorded answer of `a::chat`", "stack-test record 'a::chat'"],
    );
    project.run(["recordings", "verify", "--from-report", "suites/a.yaml"]).expect(4, &["is no JSON report"]);
}
