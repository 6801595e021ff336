//! Stacks that do not start, or do not last.

use crate::run::stacks::CHAT;
use crate::support::{Gate, Project, Server, free_port, listens, processes_of, signal_to};
use std::net::TcpListener;
use std::sync::Arc;

const SUITE: &str = "cases: [{ name: one, steps: [{ get: /v1/health, expect: { status: 200 } }] }]\n";

#[test]
fn an_unknown_distribution_is_put_right() {
    let project = Project::with(SUITE);
    project
        .run(["run", "a", "--stack-config", "startr"])
        .expect(4, &["--stack-config:1:1", "did you mean `starter`?"]);
    project
        .run(["run", "a", "--stack-config", "server:startr:8400"])
        .expect(4, &["--stack-config:1:8", "`starter`"]);
    project
        .run(["run", "a", "--stack-config", "inference=remote::olama"])
        .expect(4, &["--stack-config:1:11", "did you mean `ollama`?"]);
}

#[test]
fn what_this_version_cannot_start_is_said() {
    let project = Project::with(SUITE);
    let installed = "needs an installed Llama Stack or OGX";
    let cases = [("meta-reference-gpu", installed), ("starter::run.yaml", installed)];
    for (config, why) in cases {
        let ended = project.run(["run", "a", "--stack-config", config, "--report", "junit=j.xml"]);
        ended.expect(3, &[why]);
        assert_eq!(project.junit("j.xml").errors, 1);
    }
}

#[test]
fn a_run_config_that_is_not_there_or_none_is_told() {
    let project = Project::with(SUITE);
    project.run(["run", "a", "--stack-config", "./missing.yaml"]).expect(4, &["missing.yaml"]);
    std::fs::create_dir(project.path("folder.yaml")).unwrap();
    project.run(["run", "a", "--stack-config", "./folder.yaml"]).expect(4, &["folder.yaml", "folder"]);
    project.file("broken.yaml", "providers: { inference: [\n");
    project
        .run(["run", "a", "--stack-config", "./broken.yaml"])
        .expect(4, &["broken.yaml:", "not valid YAML"]);
    project.file("bomb.yaml", crate::faults::suites::bomb());
    project.run(["run", "a", "--stack-config", "./bomb.yaml"]).expect(4, &["bomb.yaml"]);
    // A child would only say it in its log.
    let port = free_port();
    let config = format!("server:./broken.yaml:{port}");
    project.run(["run", "a", "--stack-config", &config]).expect(4, &["broken.yaml:", "not valid YAML"]);
    assert!(!listens(port));
}

#[test]
fn a_port_that_somebody_else_has_is_told_with_his_name() {
    let server = Server::new(|_, reply| reply.json(404, "{}"));
    let project = Project::with(SUITE);
    let config = format!("server:starter:{}", server.port());
    let ended = project.run(["run", "a", "--stack-config", &config, "--report", "junit=j.xml"]);
    let us = format!("(process {})", std::process::id());
    ended.expect(3, &[&format!("port {} is taken by", server.port()), &us, "choose another port"]);
    assert_eq!(project.junit("j.xml").errors, 1);
}

#[test]
fn a_port_on_which_nobody_speaks_is_given_up() {
    // Connections are taken into the backlog, and nobody ever looks at them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let project = Project::with(SUITE);
    let limit = ["--ready-timeout", "300ms"];
    let config = format!("server:starter:{port}");
    project
        .run(["run", "a", "--stack-config", &config].into_iter().chain(limit))
        .expect(3, &[&format!("{port}")]);
    let url = format!("http://127.0.0.1:{port}");
    project
        .run(["run", "a", "--stack-config", &url].into_iter().chain(limit))
        .expect(3, &[&url, "not ready after"]);
}

#[test]
fn a_stack_without_the_wanted_model_is_not_ready() {
    let provider = Server::provider("hello");
    let project =
        Project::with("cases: [{ name: one, models: [text_model], steps: [{ get: /v1/models }] }]\n");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let mode = ["--inference-mode", "live", "--text-model", "ollama/fkae"];
    let ended = project.run(["run", "a", "--stack-config", "starter", "--env", &url].into_iter().chain(mode));
    ended.expect(3, &["not the model ollama/fkae", "did you mean the model `ollama/fake`?"]);
}

#[test]
fn a_server_that_dies_in_the_middle_ends_the_run_and_the_reports_say_so() {
    let gate = Arc::new(Gate::default());
    let provider = Server::stuck_provider(&gate);
    let project =
        Project::with(&format!("{CHAT}  - name: never_begun\n    steps: [{{ get: /v1/models }}]\n"));
    let port = free_port();
    let (config, url) = (format!("server:starter:{port}"), format!("OLLAMA_URL={}/v1", provider.url()));
    let more = ["--inference-mode", "live", "-j", "1", "--report", "junit=j.xml"];
    let run = project.start(["run", "a", "--stack-config", &config, "--env", &url].into_iter().chain(more));
    gate.arrived(1);
    let children: Vec<u32> =
        processes_of(project.root()).into_iter().filter(|pid| *pid != run.pid()).collect();
    assert_eq!(children.len(), 1, "{children:?}");
    signal_to(children[0], rustix::process::Signal::KILL);
    let ended = run.end();
    gate.open();
    ended.expect(3, &["BROKEN", "the stack died during the run", "signal 9", "1 error", "1 of 2 cases"]);
    assert!(project.junit("j.xml").errors >= 1);
    assert!(project.read("j.xml").contains("the stack died during the run"));
    assert!(!listens(port));
}
