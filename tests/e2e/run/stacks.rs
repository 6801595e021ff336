//! Stacks that are started, reused and stopped.

use crate::support::{Project, Running, Server, free_port, listens};

/// Asks the stack for a chat completion of the provider's model.
pub(crate) const CHAT: &str = r#"
cases:
  - name: chat
    steps:
      - post: /v1/chat/completions
        json: { model: ollama/fake, messages: [{ role: user, content: Say hello }] }
        expect: { status: 200, "$.choices[0].message.content": hello }
"#;

/// Records [`CHAT`] in `project`, and gives the recording's path and text.
pub(crate) fn recorded_at(project: &Project) -> (String, String) {
    let provider = Server::provider("hello");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    project.run(["record", "a", "--stack-config", "starter", "--env", &url]).expect(0, &["1 recorded"]);
    let path = "recordings/default/a/chat.json".to_owned();
    let text = project.read(&path);
    (path, text)
}

fn serve(project: &Project, port: &str, env: &[(&str, &str)]) -> Running {
    let server = project.start_with(["serve", "starter", "--port", port], env);
    server.line("http://127.0.0.1:");
    server
}

#[test]
fn what_was_recorded_is_replayed_without_the_provider() {
    let provider = Server::provider("hello");
    let project = Project::with(CHAT);
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let args = ["a", "--stack-config", "starter", "--env", &url];
    project.run(["record"].into_iter().chain(args)).expect(0, &["1 recorded"]);
    assert_eq!(provider.lines(), ["POST /v1/chat/completions"]);
    drop(provider);
    project.run(["run"].into_iter().chain(args)).expect(0, &["1 replayed", "starter, replay"]);
}

#[test]
fn a_call_without_a_recording_fails_the_case_and_is_named() {
    let provider = Server::provider("hello");
    let project = Project::with(CHAT);
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let ended =
        project.run(["run", "a", "--stack-config", "starter", "--env", &url, "--report", "junit=j.xml"]);
    ended.expect(1, &["no recording answers ollama POST /v1/chat/completions", "stack-test record"]);
    assert_eq!(provider.lines(), Vec::<String>::new());
    assert_eq!(project.junit("j.xml").failures, 1);
}

#[test]
fn a_server_of_ours_is_a_process_that_ends_with_the_run() {
    let provider = Server::provider("hello");
    let project = Project::with(CHAT);
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let port = free_port();
    let config = format!("server:starter:{port}");
    let args = ["a", "--stack-config", &config, "--env", &url];
    project
        .run(["record"].into_iter().chain(args))
        .expect(0, &["1 recorded", &format!("a process on port {port}")]);
    assert!(!listens(port));
    let ended = project.run(["run", "-v"].into_iter().chain(args));
    ended.expect(0, &["1 replayed"]);
    assert_eq!(provider.asks().len(), 1);
    assert!(!listens(port));
}

#[test]
fn a_server_that_runs_already_is_reused_said_to_be_and_left_alone() {
    let provider = Server::provider("hello");
    let project = Project::with(CHAT);
    let url = format!("{}/v1", provider.url());
    let port = free_port();
    let elsewhere = Project::new();
    let server = serve(&elsewhere, &port.to_string(), &[("OLLAMA_URL", &url)]);
    let config = format!("server:starter:{port}");
    let ended = project.run(["run", "a", "--stack-config", &config]);
    ended.expect(
        0,
        &[
            "which was running already",
            &format!("process {}", server.pid()),
            "nothing is replayed",
            ", live)",
        ],
    );
    project
        .run(["record", "a", "--stack-config", &config])
        .expect(3, &["a server that was running already cannot be recorded"]);
    assert!(listens(port));
    let forced = [("LLAMA_STACK_TEST_FORCE_SERVER_RESTART", "1")];
    project.run_with(["run", "a", "--stack-config", &config], &forced).expect(3, &["not ours to restart"]);
    assert!(listens(port));
    server.signal(rustix::process::Signal::TERM);
    server.end().expect(0, &[]);
    assert!(!listens(port));
}

#[test]
fn a_server_of_ours_is_restarted_if_that_is_forced() {
    let provider = Server::provider("hello");
    let project = Project::with(CHAT);
    let (port, url) = (free_port().to_string(), format!("{}/v1", provider.url()));
    let server = project.start_with(["serve", "starter", "--port", &port], &[("OLLAMA_URL", &url)]);
    server.line("http://127.0.0.1:");
    let (config, url) = (format!("server:starter:{port}"), format!("OLLAMA_URL={url}"));
    let args = ["record", "a", "--stack-config", &config, "--env", &url];
    let forced = [("STACK_TEST_FORCE_SERVER_RESTART", "1")];
    let told =
        format!("the embedded stack on port {port} that was running (process {}) was ended", server.pid());
    project.run_with(args, &forced).expect(0, &[&told, "1 recorded"]);
    server.end().expect(0, &[]);
    assert_eq!(project.files("target").iter().filter(|file| file.contains("started-")).count(), 0);
}

#[test]
fn a_server_by_its_url_is_neither_started_nor_recorded() {
    let server =
        Server::stack(|_, reply| reply.json(200, r#"{"choices":[{"message":{"content":"hello"}}]}"#));
    let project = Project::with(CHAT);
    let url = server.url();
    project.run(["run", "a", "--stack-config", &url]).expect(0, &["nothing is replayed", &url]);
    project.run(["record", "a", "--stack-config", &url]).expect(4, &["cannot be recorded"]);
    assert_eq!(server.asks().len(), 1);
}

#[test]
fn two_private_stacks_do_not_meet() {
    let provider = Server::provider("hello");
    let project = Project::with(CHAT);
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let args = ["a", "--stack-config", "starter", "--env", &url, "--inference-mode", "live"];
    let both =
        [project.start(["run"].into_iter().chain(args)), project.start(["run"].into_iter().chain(args))];
    // Either may end first, so that what is left of the other is no mistake.
    let [mut one, mut other] = both;
    one.wait().expect(0, &[]);
    other.wait().expect(0, &[]);
}

#[test]
fn the_providers_of_a_run_config_are_behind_the_gateway_too() {
    let provider = Server::provider("hello");
    let url = format!("{}/v1", provider.url());
    let run_config = format!(
        "version: 2
apis: [inference, models]
providers:
  inference:
    - {{ provider_id: ollama, provider_type: 'remote::ollama', config: {{ base_url: '{url}' }} }}
"
    );
    let port = free_port();
    let pairs = format!("inference=remote::ollama?base_url={url}");
    for config in ["./run.yaml", &format!("server:./run.yaml:{port}"), &pairs] {
        let project = Project::with(CHAT);
        project.file("run.yaml", &run_config);
        let before = provider.asks().len();
        let args = ["a", "--stack-config", config];
        project.run(["run"].into_iter().chain(args)).expect(1, &["no recording answers ollama POST"]);
        assert_eq!(provider.asks().len(), before, "{config}: a replay asked the provider");
        project.run(["record"].into_iter().chain(args)).expect(0, &["1 recorded"]);
        assert_eq!(provider.asks().len(), before + 1);
        project.run(["run"].into_iter().chain(args)).expect(0, &["1 replayed"]);
        assert_eq!(provider.asks().len(), before + 1);
    }
}

#[test]
fn each_mode_keeps_what_it_says_it_keeps() {
    let provider = Server::provider("hello");
    let project = Project::with(CHAT);
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let args = ["a", "--stack-config", "starter", "--env", &url];
    let run = |words: &[&'static str]| project.run(words.iter().copied().chain(args));
    run(&["run", "--inference-mode", "live"]).expect(0, &["1 live"]);
    assert_eq!(project.files("recordings"), Vec::<String>::new());
    run(&["record", "--if-missing"]).expect(0, &["1 recorded"]);
    run(&["record", "--if-missing"]).expect(0, &["1 replayed"]);
    run(&["run", "--inference-mode", "record-if-missing"]).expect(0, &["1 replayed"]);
    assert_eq!(provider.asks().len(), 2);
    let before = project.read("recordings/default/a/chat.json");
    run(&["record"]).expect(0, &["1 recorded"]);
    assert_eq!(project.read("recordings/default/a/chat.json"), before, "recording twice changes no byte");
}
