//! Recordings carried to other tools and back.

use super::{recording, two_calls};
use crate::support::Project;

#[test]
fn a_har_brings_back_what_it_was_made_of() {
    let project = Project::new();
    recording(&project, "one", "first", "hello");
    let done = project.run(["recordings", "export", "--to", "har", "--out", "out/calls.har"]);
    done.expect(0, &["1 set exported to 1 file"]);
    let import = ["recordings", "import", "--from", "har", "out", "--recordings", "again"];
    project.run(import).expect(0, &["2 provider calls in 1 set imported from 1 file"]);
    project.run(["recordings", "export", "--to", "har", "--out", "out/again.har", "--recordings", "again"]);
    assert_eq!(project.read("out/calls.har"), project.read("out/again.har"));
    // A file is as good as a folder, whatever it is called.
    std::fs::rename(project.path("out/calls.har"), project.path("out/calls.txt")).unwrap();
    let file = "out/calls.txt";
    let other = ["recordings", "import", "--from", "har", file, "--recordings", "again", "--setup", "two"];
    project.run(other).expect(0, &[]);
    assert!(project.path("again/two/a/first.json").exists());
}

#[test]
fn llama_stack_gets_a_file_for_each_question() {
    let project = Project::new();
    recording(&project, "one", "first", "hello");
    project.file(
        "recordings/one/a/fails.json",
        two_calls("fails", "x").replace("\"status\": 200", "\"status\": 500"),
    );
    let done = project.run(["recordings", "export", "--to", "llama-stack", "--out", "tests/integration"]);
    done.expect(0, &["warning: a::fails: call 1: ", "1 set exported to 2 files, 1 set left out"]);
    let files = project.files("tests/integration/a/recordings");
    assert!(
        files.len() == 2 && files.iter().all(|file| file.len() > 64 && file.ends_with(".json")),
        "{files:?}"
    );
    let import =
        ["recordings", "import", "--from", "llama-stack", "tests/integration", "--recordings", "again"];
    project.run(import).expect(0, &["2 provider calls in 1 set imported from 2 files"]);
    project
        .run(["recordings", "show", "a::first", "--recordings", "again"])
        .expect(0, &["Saturn", "hello", "(one, 2"]);
    let file = ["recordings", "import", "--from", "llama-stack", &files[0], "--recordings", "third"];
    project.run(file).expect(0, &["1 provider call in 1 set imported from 1 file"]);
}

#[test]
fn what_is_no_tool_is_told_with_the_nearest() {
    let project = Project::new();
    project.run(["recordings", "export", "--to", "hra"]).expect(4, &["did you mean `har`?"]);
    project.run(["recordings", "export", "--to", "llama-stack"]).expect(4, &["--out DIR"]);
    project.run(["recordings", "export", "--to", "har"]).expect(5, &["0 sets"]);
    project.run(["help", "exporters"]).expect(0, &["--to har", "--to llama-stack"]);
}

#[test]
fn a_key_is_not_imported() {
    let project = Project::new();
    recording(&project, "one", "first", "sk-made-up-key");
    project.run(["recordings", "export", "--to", "har", "--out", "out/calls.har"]).expect(0, &[]);
    let import = ["recordings", "import", "--from", "har", "out", "--recordings", "again"];
    let done = project.run_with(import, &[("MADE_UP_API_KEY", "sk-made-up-key")]);
    done.expect(0, &["imported"]).expect_not("sk-made-up-key");
    let files = project.files("again");
    assert_eq!(files.len(), 1);
    let text = project.read(&files[0]);
    assert!(!text.contains("sk-made-up-key") && text.contains("***"), "{text}");
}
