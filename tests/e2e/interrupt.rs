//! Ctrl-C, once and twice, and the limits of time.

use crate::run::stacks::{CHAT, recorded_at};
use crate::support::{Ended, Gate, Project, Server, free_port, listens, processes_of, wait_until};
use rustix::process::Signal;
use std::sync::Arc;

const THINGS: &str = "
cases:
  - name: thing
    steps:
      - post: /things
        capture: { id: $.id }
      - get: /things/{{ id }}
    finally:
      - delete: /things/{{ id }}
  - name: never_begun
    steps: [{ get: /never }]
";

/// A stack that gets stuck where it is told to, by method.
fn stuck_at(methods: &'static [&'static str], gate: &Arc<Gate>) -> Server {
    let gate = Arc::clone(gate);
    Server::stack(move |ask, reply| {
        if methods.contains(&ask.method.as_str()) {
            gate.pass();
        }
        reply.json(200, r#"{"id":"t-1"}"#);
    })
}

fn assert_interrupted(project: &Project, ended: &Ended) {
    ended.expect(2, &["INTERRUPTED", "interrupted by"]);
    let report = project.junit("j.xml");
    assert!(report.tests >= 1, "{report:?}");
    // Whoever reads only the file must not take it for a run to the end.
    assert!(project.read("j.xml").contains("interrupted"), "{}", project.read("j.xml"));
}

#[test]
fn once_breaks_off_cleans_up_and_reports() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let gate = Arc::new(Gate::default());
        let server = stuck_at(&["GET"], &gate);
        let project = Project::with(THINGS);
        let run = project.start([
            "run",
            "a",
            "-j",
            "1",
            "--stack-config",
            &server.url(),
            "--report",
            "junit=j.xml",
        ]);
        gate.arrived(1);
        run.signal(signal);
        let ended = run.end();
        gate.open();
        assert_interrupted(&project, &ended);
        assert_eq!(server.lines(), ["POST /things", "GET /things/t-1", "DELETE /things/t-1"]);
    }
}

#[test]
fn twice_ends_at_once() {
    let gate = Arc::new(Gate::default());
    let server = stuck_at(&["GET", "DELETE"], &gate);
    let project = Project::with(THINGS);
    let run =
        project.start(["run", "a", "-j", "1", "--stack-config", &server.url(), "--report", "junit=j.xml"]);
    gate.arrived(1);
    run.signal(Signal::INT);
    // The `finally` has begun and is stuck as well.
    gate.arrived(2);
    run.signal(Signal::INT);
    let ended = run.end();
    gate.open();
    assert_interrupted(&project, &ended);
    ended.expect(2, &["interrupted twice"]);
}

#[test]
fn a_server_of_ours_is_stopped_by_one_and_killed_by_two() {
    for times in [1, 2] {
        let gate = Arc::new(Gate::default());
        let provider = Server::stuck_provider(&gate);
        let chat = "{ post: /v1/chat/completions, json: { model: ollama/fake, messages: [{ role: user, content: hi }] } }";
        // The second time the `finally` is stuck, too.
        let finally = if times == 2 { chat } else { "{ get: /v1/files }" };
        let project =
            Project::with(&format!("cases: [{{ name: one, steps: [{chat}], finally: [{finally}] }}]\n"));
        let port = free_port();
        let (config, url) = (format!("server:starter:{port}"), format!("OLLAMA_URL={}/v1", provider.url()));
        let mode = ["--inference-mode", "live", "--report", "junit=j.xml"];
        let run =
            project.start(["run", "a", "--stack-config", &config, "--env", &url].into_iter().chain(mode));
        gate.arrived(1);
        run.signal(Signal::INT);
        if times == 2 {
            gate.arrived(2);
            run.signal(Signal::INT);
        }
        let ended = run.end();
        gate.open();
        assert_interrupted(&project, &ended);
        assert!(wait_until(|| !listens(port)));
    }
}

#[test]
fn what_a_fragment_has_begun_is_cleaned_up_innermost_first() {
    let gate = Arc::new(Gate::default());
    let server = stuck_at(&["GET"], &gate);
    let project = Project::with(
        "
fragments:
  outer:
    steps: [{ post: /outer, capture: { outer_id: $.id } }, { use: inner }]
    finally: [{ delete: '/outer/{{ outer_id }}' }]
  inner:
    steps: [{ post: /inner, capture: { inner_id: $.id } }, { get: /stuck }]
    finally: [{ delete: '/inner/{{ inner_id }}' }]
cases: [{ name: one, steps: [{ use: outer }], finally: [{ delete: /case }] }]
",
    );
    let run = project.start(["run", "a", "--stack-config", &server.url(), "--report", "junit=j.xml"]);
    gate.arrived(1);
    run.signal(Signal::INT);
    let ended = run.end();
    gate.open();
    assert_interrupted(&project, &ended);
    let expected = [
        "POST /outer",
        "POST /inner",
        "GET /stuck",
        "DELETE /case",
        "DELETE /inner/t-1",
        "DELETE /outer/t-1",
    ];
    assert_eq!(server.lines(), expected);
}

#[test]
fn a_stack_that_is_still_starting_is_stopped() {
    let gate = Arc::new(Gate::default());
    let models = Arc::clone(&gate);
    let provider = Server::new(move |_, reply| {
        models.pass();
        reply.json(200, crate::support::MODELS);
    });
    let project = Project::with(CHAT);
    let port = free_port();
    let (config, url) = (format!("server:starter:{port}"), format!("OLLAMA_URL={}/v1", provider.url()));
    let mode = ["--inference-mode", "live", "--report", "junit=j.xml"];
    let run = project.start(["run", "a", "--stack-config", &config, "--env", &url].into_iter().chain(mode));
    gate.arrived(1);
    run.signal(Signal::INT);
    let ended = run.end();
    gate.open();
    assert_interrupted(&project, &ended);
    assert!(!listens(port));
}

#[test]
fn what_was_recorded_stays_when_recording_is_interrupted() {
    let project = Project::with(CHAT);
    let (path, before) = recorded_at(&project);
    let gate = Arc::new(Gate::default());
    let provider = Server::stuck_provider(&gate);
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let run =
        project.start(["record", "a", "--stack-config", "starter", "--env", &url, "--report", "junit=j.xml"]);
    gate.arrived(1);
    run.signal(Signal::INT);
    // The gateway lets an answer that is being recorded come to its end, but the case is over.
    run.line("interrupted:");
    gate.open();
    assert_interrupted(&project, &run.end());
    assert_eq!(project.read(&path), before);
}

#[test]
fn a_provider_that_hangs_holds_up_neither_the_end_nor_an_interruption() {
    let gate = Arc::new(Gate::default());
    let provider = Server::stuck_provider(&gate);
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let project = Project::with(CHAT);
    let args = ["record", "a", "--stack-config", "starter", "--env", &url, "--report", "junit=j.xml"];
    let run = project.start(args);
    gate.arrived(1);
    run.signal(Signal::INT);
    assert_interrupted(&project, &run.end());
    project.run(args.into_iter().chain(["--case-timeout", "50ms"])).expect(1, &["no answer within"]);
    // Nobody was let through: both runs ended while the provider was still silent.
    assert!(!gate.is_open());
    assert_eq!(project.files("recordings/default/a"), Vec::<String>::new());
    gate.open();
}

#[test]
fn the_time_of_a_run_is_limited() {
    let server = Server::stack(|ask, reply| match ask.method.as_str() {
        "GET" => reply.hang(),
        _ => reply.json(200, r#"{"id":"t-1"}"#),
    });
    let project = Project::with(THINGS);
    let limits = ["-j", "1", "--run-timeout", "2s", "--report", "junit=j.xml"];
    let ended = project.run(["run", "a", "--stack-config", &server.url()].into_iter().chain(limits));
    ended.expect(1, &["--run-timeout", "1 error"]);
    assert_eq!(server.lines().last().map(String::as_str), Some("DELETE /things/t-1"));
    assert_eq!(project.junit("j.xml").errors, 1);
}

#[test]
fn the_time_of_a_case_is_limited() {
    let server = Server::stack(|ask, reply| match ask.path.as_str() {
        "/hangs" => reply.hang(),
        _ => reply.json(200, "{}"),
    });
    let project = Project::with(
        "cases:
  - name: by_the_flag
    steps: [{ get: /hangs }]
    finally: [{ delete: /flag }]
  - name: by_the_suite
    timeout: 50ms
    steps: [{ get: /hangs }]
    finally: [{ delete: /suite }]
  - name: by_the_step
    steps: [{ get: /hangs, timeout: 50ms }]
  - name: quick
    steps: [{ get: /quick, expect: { status: 200 } }]
",
    );
    let ended = project.run(["run", "a", "--stack-config", &server.url(), "--case-timeout", "200ms"]);
    ended.expect(1, &["4 cases: 1 passed, 3 failed", "no answer within", "--case-timeout gives it more"]);
    let lines = server.lines();
    assert!(
        lines.contains(&"DELETE /flag".to_owned()) && lines.contains(&"DELETE /suite".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn an_interrupt_while_tests_are_listed_is_reported() {
    let project = Project::with(
        "external:\n  adapter: command\n  list: [sh, -c, \"touch listing; sleep 600\"]\n  command: [echo, '{{ test }}']\n",
    );
    let run = project.start(["run", "a", "--stack-config", "starter", "--report", "junit=j.xml"]);
    assert!(wait_until(|| project.path("listing").exists()));
    run.signal(Signal::INT);
    run.end().expect(2, &["interrupted by Ctrl-C before anything was started"]);
    assert_eq!(project.junit("j.xml").test_suites.len(), 1);
    assert!(wait_until(|| processes_of(project.root()).is_empty()));
}
