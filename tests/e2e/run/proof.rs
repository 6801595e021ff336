//! A new recording is kept only if it replays.

use super::stacks::{CHAT, recorded_at};
use crate::support::{Gate, MODELS, Project, Server, completion};
use rustix::process::Signal;
use std::sync::Arc;

/// Asks for something else in every run, which no recording can answer.
const VOLATILE: &str = r#"
  - name: volatile
    steps:
      - post: /v1/chat/completions
        json: { model: ollama/fake, messages: [{ role: user, content: "It is {{ unique }}" }] }
        expect: { status: 200 }
"#;

fn args(url: &str) -> [&str; 5] {
    ["a", "--stack-config", "starter", "--env", url]
}

#[test]
fn what_does_not_replay_stays_aside_and_fails_the_run() {
    let provider = Server::provider("hello");
    let project = Project::with(&format!("{CHAT}{VOLATILE}"));
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let recorded = ["record", "--report", "junit=j.xml"];
    let ended = project.run(recorded.into_iter().chain(args(&url)));
    ended.expect(
        1,
        &["2 recorded", "`a::volatile` does not replay", "1 did not replay and was left aside", "match:"],
    );
    assert!(project.path("recordings/default/a/chat.json").exists(), "its neighbour proved itself");
    ended.expect(1, &["found no answer (volatile value)", "/messages/0/content differs", "- mask: '"]);
    assert!(!project.path("recordings/default/a/volatile.json").exists());
    let aside = project.files("target/stack-test");
    let aside: Vec<_> =
        aside.iter().filter(|file| file.ends_with("recorded/default/a/volatile.json")).collect();
    assert_eq!(aside.len(), 1, "the new one is there to be looked at");
    ended.expect(1, &[aside[0]]);
    assert!(project.read("j.xml").contains("volatile` does not replay"), "CI reads the report only");
    // Proving asks nobody: a chat each, and what lists models.
    let chats = provider.lines().iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!(chats, 2);
}

#[test]
fn an_old_recording_outlives_a_new_one_that_does_not_replay() {
    let project = Project::with(CHAT);
    let (path, before) = recorded_at(&project);
    let other = CHAT.replace("Say hello", "\"hello at {{ unique }}\"");
    project.file("suites/a.yaml", other);
    let provider = Server::provider("hello");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    project.run(["record"].into_iter().chain(args(&url))).expect(1, &["does not replay, the first time"]);
    assert_eq!(project.read(&path), before);
}

#[test]
fn nothing_is_left_aside_where_all_went_well() {
    let project = Project::with(CHAT);
    recorded_at(&project);
    // Nobody's `git add` takes up what runs leave.
    assert_eq!(project.files("target/stack-test"), ["target/stack-test/.gitignore"]);
    assert_eq!(project.read("target/stack-test/.gitignore"), "*\n");
}

#[test]
fn a_failing_case_keeps_its_old_recording_unless_asked_not_to() {
    let project = Project::with(CHAT);
    let (path, before) = recorded_at(&project);
    let provider = Server::provider("good day");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    project
        .run(["record"].into_iter().chain(args(&url)))
        .expect(1, &["1 failed", "nothing was recorded of the case that failed"]);
    assert_eq!(project.read(&path), before);
    project
        .run(["record", "--keep-failed"].into_iter().chain(args(&url)))
        .expect(1, &["1 failed", "1 set written"]);
    assert!(project.read(&path).contains("good day"));
}

#[test]
fn an_interrupted_recording_replaces_nothing_and_says_where_it_is() {
    let project = Project::with(CHAT);
    let (path, before) = recorded_at(&project);
    let stuck =
        CHAT.replace("\ncases:\n", "").replace("name: chat", "name: stuck").replace("Say hello", "stuck");
    project.file("suites/a.yaml", format!("{CHAT}{stuck}"));
    let gate = Arc::new(Gate::default());
    let held = Arc::clone(&gate);
    let provider = Server::new(move |ask, reply| match ask.path.as_str() {
        "/v1/models" => reply.json(200, MODELS),
        _ if ask.body.contains("stuck") => {
            held.pass();
            reply.json(200, &completion("hello"));
        }
        _ => reply.json(200, &completion("hello, anew")),
    });
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let run = project.start(["record", "-j", "1", "--keep-failed"].into_iter().chain(args(&url)));
    gate.arrived(1);
    run.signal(Signal::INT);
    let ended = run.end();
    gate.open();
    let told = [
        "what was recorded is not proven: interrupted by",
        "the old ones are as they were",
        "/recorded, in the same",
    ];
    ended.expect(2, &told).expect_not("proving 1 new set").expect_not("the proof was broken off");
    assert_eq!(project.read(&path), before);
    assert!(
        project.files("target/stack-test").iter().any(|file| file.ends_with("recorded/default/a/chat.json"))
    );
}

#[test]
fn recording_stops_when_the_tokens_are_spent() {
    let provider = Server::new(|ask, reply| match ask.path.as_str() {
        "/v1/models" => reply.json(200, MODELS),
        _ => {
            let usage = r#""usage":{"prompt_tokens":30,"completion_tokens":20,"total_tokens":50},"object""#;
            reply.json(200, &completion("hello").replacen(r#""object""#, usage, 1));
        }
    });
    let case = CHAT.replace("\ncases:\n", "");
    let cases = (0..4).map(|n| case.replace("name: chat", &format!("name: chat_{n}")));
    let project = Project::with(&format!("cases:\n{}", cases.collect::<String>()));
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let ended = project.run(["record", "-j", "1", "--max-tokens", "80"].into_iter().chain(args(&url)));
    ended.expect(2, &["the providers counted 100 tokens (--max-tokens)", "2 of 4 cases did not run"]);
    assert_eq!(provider.lines().iter().filter(|line| line.starts_with("POST")).count(), 2);
    // What was paid for is kept.
    assert_eq!(project.files("recordings/default/a").len(), 2);
}

#[test]
fn a_strict_xfail_that_passes_is_left_out_unless_it_is_to_be_kept() {
    let provider = Server::provider("hello");
    let strict = CHAT
        .replace("\ncases:\n", "")
        .replace("name: chat", "name: strict\n    xfail: { reason: known, strict: true }");
    let project = Project::with(&format!("{CHAT}{strict}"));
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let ended = project.run(["record"].into_iter().chain(args(&url)));
    ended
        .expect(
            1,
            &["1 xpassed", "nothing was recorded of the case that failed", "2 sets written, 0 unchanged"],
        )
        .expect_not("not replay");
    assert!(project.path("recordings/default/a/chat.json").exists());
    assert!(!project.path("recordings/default/a/strict.json").exists());
    project.run(["record", "--keep-failed"].into_iter().chain(args(&url))).expect(1, &["1 set written"]);
    assert!(project.path("recordings/default/a/strict.json").exists());
}

#[test]
fn an_answer_that_is_an_error_replaces_a_good_one_but_not_without_a_word() {
    let project = Project::with(CHAT);
    let (path, _) = recorded_at(&project);
    project.file("suites/a.yaml", CHAT.replace("name: chat", "name: chat\n    xfail: it fails\n"));
    let provider = Server::new(|ask, reply| match ask.path.as_str() {
        "/v1/models" => reply.json(200, MODELS),
        _ => reply.json(503, r#"{"error":{"message":"busy"}}"#),
    });
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let notice = "1 recorded answer is an error or broken off: `a::chat` (";
    project.run(["record"].into_iter().chain(args(&url))).expect(0, &["1 xfailed", notice, "1 set written"]);
    assert!(project.read(&path).contains("busy"));
    // It is known by now.
    project
        .run(["record"].into_iter().chain(args(&url)))
        .expect(0, &["2 unchanged"])
        .expect_not("broken off");
}
