//! What is named on the command line must be there, and what is not named is not complained of.

use super::changed::git;
use super::recording;
use crate::run::stacks::CHAT;
use crate::support::Project;

#[test]
fn a_name_of_nothing_is_an_error_of_every_verb() {
    let project = Project::with(CHAT);
    recording(&project, "default", "chat", "x");
    git(&project, &["init", "--quiet"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "--message", "Record"]);
    for verb in [
        &["verify"][..],
        &["diff", "HEAD"],
        &["prune"],
        &["rekey"],
        &["list"],
        &["stats"],
        &["show"],
        &["export", "--to", "har"],
    ] {
        let run = |more: &[&'static str]| project.run(["recordings"].iter().chain(verb).chain(more).copied());
        run(&["a::chat", "nope"])
            .expect(4, &["`nope` names no recording in `recordings`"])
            .expect_not("`a::chat`");
        run(&["a::chta"]).expect(4, &["`a::chta`", "did you mean `a::chat`?"]);
        run(&["a", "--setup", "nope"]).expect(4, &["the setup `nope`"]);
        run(&["a", "--recordings", "/nonexist"]).expect(4, &["there is no folder `/nonexist`"]);
        for folder in [".", "recordings/default", "suites"] {
            let wrong = run(&["a", "--recordings", folder]);
            wrong.expect(4, &[&format!("`{folder}` is no recordings folder")]).expect_not(".git");
        }
    }
    // What is gone was there.
    std::fs::remove_file(project.path("recordings/default/a/chat.json")).unwrap();
    project.run(["recordings", "diff", "HEAD", "a::chat"]).expect(1, &["2 removed"]);
}

#[test]
fn broken_files_are_told_if_they_were_asked_for() {
    let project = Project::with(CHAT);
    recording(&project, "default", "chat", "x");
    project.file("recordings/default/a/broken.json", "{");
    project.file("recordings/default/b/Broken~0.json", "{");
    for verb in [&["list"][..], &["show"], &["verify"], &["rekey"], &["stats"], &["export", "--to", "har"]] {
        let run = |more: &[&'static str]| project.run(["recordings"].iter().chain(verb).chain(more).copied());
        run(&["a::chat"]).expect(0, &[]).expect_not("roken");
        run(&["-k", "chat"]).expect(0, &[]).expect_not("roken");
        run(&["a"]).expect(1, &["a/broken.json"]).expect_not("Broken");
        run(&["a::broken"]).expect(1, &["a/broken.json"]).expect_not("Broken");
        run(&["b"]).expect(1, &["b/Broken~0.json"]).expect_not("broken.json");
    }
    project.run(["recordings", "list"]).expect(1, &["a/broken.json", "b/Broken~0.json"]);
}
