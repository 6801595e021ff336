//! Stacks whose providers cannot be redirected.

use crate::support::{Project, Server, free_port};

/// As [`super::stacks::CHAT`], of OpenAI's.
const CHAT: &str = r#"
cases:
  - name: chat
    steps:
      - post: /v1/chat/completions
        json: { model: openai/fake, messages: [{ role: user, content: Say hello }] }
        expect: { status: 200, "$.choices[0].message.content": hello }
"#;

#[test]
fn a_stack_that_insists_on_its_providers_host_gets_the_recordings_all_the_same() {
    let provider = Server::provider("hello");
    let project = Project::with(CHAT);
    let url = format!("OPENAI_BASE_URL={}/v1", provider.url());
    let key = ["--env", "OPENAI_API_KEY=made-up-key-0123456789"];
    let record = ["record", "a", "--stack-config", "starter", "--env", &url];
    project.run(record.into_iter().chain(key)).expect(0, &["1 recorded"]);
    // No `url_env`: the stack keeps the host that it has, and comes to it by the proxy or not at all.
    project.file(
        "stack-test.yaml",
        "providers:\n  openai:\n    upstream: https://api.fake.invalid/v1\n    key_env: OPENAI_API_KEY\n    \
         hosts: [api.*.invalid]\n",
    );
    let stack = format!("server:starter:{}", free_port());
    let run = ["run", "a", "--stack-config", &stack, "--egress", "deny"];
    let run = run.into_iter().chain(["--env", "OPENAI_BASE_URL=https://api.fake.invalid/v1"]);
    // The user's own proxy is for others.
    let env = [("HTTPS_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", "fake.invalid")];
    project.run_with(run.chain(key), &env).expect(0, &["1 passed", "1 replayed"]);
    let files = project.files("target/stack-test");
    let bundle = files.iter().find(|file| file.contains("/ca-bundle-")).unwrap();
    let own = files.iter().find(|file| file.contains("/ca-") && !file.contains("-bundle-")).unwrap();
    assert!(project.read(bundle).ends_with(&project.read(own)));
    for file in files {
        assert!(!project.read(&file).contains("PRIVATE KEY"), "{file}");
    }
}

#[test]
fn a_host_that_is_no_provider_is_told_of() {
    let project = Project::with(CHAT);
    project.file(
        "stack-test.yaml",
        "providers:\n  openai:\n    upstream: https://api.fake.invalid/v1\n    hosts: [api.fake.invalid]\n    \
         key_env: OPENAI_API_KEY\n",
    );
    let stack = format!("server:starter:{}", free_port());
    let run = ["run", "a", "--stack-config", &stack, "--env", "OPENAI_BASE_URL=http://other.invalid/v1"];
    let run = run.into_iter().chain(["--env", "OPENAI_API_KEY=made-up-key-0123456789"]);
    let run = run.chain(["--ready-timeout", "5s", "--egress", "deny"]);
    let said = project.run(run).said();
    assert!(said.contains("refused a connection to other.invalid:80"), "{said}");
}
