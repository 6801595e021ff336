//! `kill -9`: nothing torn, nothing left running, and the next run works.

use crate::run::stacks::{CHAT, recorded_at};
use crate::support::{Gate, Project, Server, completion, free_port, listens, processes_of, wait_until};
use rustix::process::Signal;
use std::sync::Arc;

/// Asks for as many things as there are cases, so that files are written while others are still awaited.
fn many(count: usize) -> String {
    let case = CHAT.replace("\ncases:\n", "");
    let cases = (0..count).map(|n| case.replace("name: chat", &format!("name: chat_{n}")));
    format!("cases:\n{}", cases.collect::<String>())
}

#[test]
fn killed_while_recording() {
    let gate = Arc::new(Gate::default());
    let held = Arc::clone(&gate);
    let provider = Server::new(move |ask, reply| {
        if ask.path == "/v1/models" {
            return reply.json(200, crate::support::MODELS);
        }
        // The last case is stuck; the others are recorded.
        if ask.body.contains("stuck") {
            held.pass();
        }
        reply.json(200, &completion("hello"));
    });
    let suite = format!("{}{}", many(8), CHAT.replace("\ncases:\n", "").replace("Say hello", "stuck"));
    let project = Project::with(&suite);
    let port = free_port();
    let (config, url) = (format!("server:starter:{port}"), format!("OLLAMA_URL={}/v1", provider.url()));
    let args = ["a", "--stack-config", &config, "--env", &url, "--report", "junit=j.xml"];
    let mut run = project.start(["record", "-j", "2"].into_iter().chain(args));
    gate.arrived(1);
    // The other worker has written what it could by then, or is writing it.
    run.signal(Signal::KILL);
    run.wait();
    let gone = wait_until(|| processes_of(project.root()).is_empty() && !listens(port));
    gate.open();
    assert!(gone, "a process or a port outlived the run");
    assert!(!project.path("j.xml").exists(), "half a report");
    for file in project.files("recordings").iter().filter(|file| file.ends_with(".json")) {
        let text = project.read(file);
        serde_json::from_str::<serde_json::Value>(&text)
            .unwrap_or_else(|error| panic!("{file}: {error}\n{text}"));
    }
    project.run(["record"].into_iter().chain(args)).expect(0, &["9 recorded"]);
    drop(provider);
    project.run(["run"].into_iter().chain(args)).expect(0, &["9 replayed"]);
}

#[test]
fn killed_while_an_old_recording_is_made_anew() {
    let project = Project::with(CHAT);
    let (path, before) = recorded_at(&project);
    let gate = Arc::new(Gate::default());
    let provider = Server::stuck_provider(&gate);
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let mut run = project.start(["record", "a", "--stack-config", "starter", "--env", &url]);
    gate.arrived(1);
    run.signal(Signal::KILL);
    run.wait();
    gate.open();
    assert_eq!(project.read(&path), before);
    // What a kill in the middle of writing leaves is a temporary file; nobody takes it for a recording, and it goes.
    project.file("recordings/default/a/.stack-test-torn", &before[..before.len() / 2]);
    project.run(["run", "a", "--stack-config", "starter", "--env", &url]).expect(0, &["1 replayed"]);
    project.run(["record", "a", "--stack-config", "starter", "--env", &url]).expect(0, &["1 recorded"]);
    let left = project.files("recordings");
    assert!(left.iter().all(|file| !file.contains(".stack-test-")), "{left:?}");
}

#[test]
fn a_report_that_was_there_is_whole_after_a_kill() {
    let gate = Arc::new(Gate::default());
    let held = Arc::clone(&gate);
    let server = Server::stack(move |_, reply| {
        held.pass();
        reply.json(200, "{}");
    });
    let project = Project::with("cases: [{ name: one, steps: [{ get: /x }] }]\n");
    project.file("j.xml", "<testsuites/>");
    let mut run = project.start(["run", "a", "--stack-config", &server.url(), "--report", "junit=j.xml"]);
    gate.arrived(1);
    run.signal(Signal::KILL);
    run.wait();
    gate.open();
    assert_eq!(project.read("j.xml"), "<testsuites/>");
    project.run(["run", "a", "--stack-config", &server.url(), "--report", "junit=j.xml"]).expect(0, &[]);
    assert_eq!(project.junit("j.xml").tests, 1);
}
