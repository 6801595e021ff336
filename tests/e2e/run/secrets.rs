//! What the environment says in confidence stays there.

use crate::support::{Project, Server, completion};

const SECRET: &str = "sk-e2e-0123456789abcdef";
const OTHER: &str = "hunter2-but-longer";

#[test]
fn keys_are_sent_and_never_shown_or_kept() {
    // A provider that repeats the key in its answer, as some do in their errors.
    let provider = Server::new(|ask, reply| match ask.path.as_str() {
        "/v1/models" => reply.json(200, crate::support::MODELS),
        _ => reply.json(200, &completion(ask.header("authorization").unwrap_or("no key"))),
    });
    let project = Project::with(
        r#"
cases:
  - name: leaky
    steps:
      - post: /v1/chat/completions
        json: { model: openai/fake, messages: [{ role: user, content: "What is my key? hunter2-but-longer?" }] }
        expect: { status: 418 }
  - name: kept
    steps:
      - post: /v1/chat/completions
        json: { model: openai/fake, messages: [{ role: user, content: "hunter2-but-longer" }] }
        expect: { status: 200 }
"#,
    );
    project.file("stack-test.yaml", "secrets: [MY_PASSPHRASE]\n");
    let url = format!("OPENAI_BASE_URL={}/v1", provider.url());
    let env = [("OPENAI_API_KEY", SECRET), ("MY_PASSPHRASE", OTHER)];
    let args = ["a", "--stack-config", "starter", "--env", &url, "-v"];
    let reports = ["--report", "junit=j.xml", "--report", "json=j.json", "--report", "markdown=j.md"];
    let ended = project.run_with(["record"].into_iter().chain(args).chain(reports), &env);
    ended.expect(1, &["1 passed", "418"]).expect_not(SECRET).expect_not(OTHER);
    let sent: Vec<_> =
        provider.asks().iter().filter_map(|ask| ask.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, [format!("Bearer {SECRET}"), format!("Bearer {SECRET}")]);
    let recorded = project.files("recordings");
    assert!(!recorded.is_empty());
    for file in recorded.iter().map(String::as_str).chain(["j.xml", "j.json", "j.md"]) {
        let text = project.read(file);
        assert!(!text.contains(SECRET) && !text.contains(OTHER), "{file}:\n{text}");
    }
    // What was recorded with one key is replayed without any.
    let env = [("MY_PASSPHRASE", OTHER)];
    project.run_with(["run", "-k", "kept"].into_iter().chain(args), &env).expect(0, &["1 replayed"]);
}

/// A provider that refuses the key and repeats it.
fn leaky() -> Server {
    Server::new(|ask, reply| match ask.path.as_str() {
        "/v1/models" => reply.json(200, crate::support::MODELS),
        _ => reply
            .json(401, &format!(r#"{{"error":{{"message":"bad key {:?}"}}}}"#, ask.header("authorization"))),
    })
}

#[test]
fn secrets_given_by_flag_or_setup_are_secret_too() {
    let provider = leaky();
    let project = Project::with(
        r#"
cases:
  - name: leaky
    steps:
      - post: /v1/chat/completions
        json: { model: openai/fake, messages: [{ role: user, content: hi }] }
        expect: { status: 200 }
"#,
    );
    let (url, key) = (format!("OPENAI_BASE_URL={}/v1", provider.url()), format!("OPENAI_API_KEY={SECRET}"));
    project
        .file("stack-test.yaml", format!("setups: {{ mine: {{ env: {{ OPENAI_API_KEY: {SECRET} }} }} }}\n"));
    let args =
        ["--stack-config", "starter", "--inference-mode", "live", "--env", &url, "--report", "junit=j.xml"];
    for by in [["--env", &key], ["--setup", "mine"]] {
        let ended = project.run(["run", "a"].into_iter().chain(args).chain(by));
        ended.expect(1, &["bad key"]).expect_not(SECRET);
        assert!(!project.read("j.xml").contains(SECRET));
    }
    let sent: Vec<_> =
        provider.asks().iter().filter_map(|ask| ask.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, [format!("Bearer {SECRET}"), format!("Bearer {SECRET}")]);
}

#[test]
fn the_key_of_the_stack_itself_is_sent_and_not_shown() {
    let server = Server::stack(|ask, reply| {
        let key = ask.header("authorization").unwrap_or_default();
        reply.json(403, &format!(r#"{{"sent":"{key}"}}"#));
    });
    let project = Project::with("cases: [{ name: one, steps: [{ get: /one, expect: { status: 200 } }] }]\n");
    let env = [("STACK_TEST_API_KEY", SECRET)];
    let ended =
        project.run_with(["run", "a", "--stack-config", &server.url(), "--report", "junit=j.xml"], &env);
    ended.expect(1, &["403"]).expect_not(SECRET);
    assert_eq!(server.asks()[0].header("authorization"), Some(format!("Bearer {SECRET}").as_str()));
    assert!(!project.read("j.xml").contains(SECRET));
}

#[test]
fn a_key_in_the_stack_config_is_used_and_not_shown() {
    let provider = leaky();
    let project = Project::with(&crate::run::stacks::CHAT.replace("ollama/fake", "openai/fake"));
    let config = format!("inference=openai?base_url={}/v1&api_key={SECRET}", provider.url());
    let reports = ["--report", "junit=j.xml", "--report", "json=j.json", "--inference-mode", "live"];
    let ended = project.run(["run", "a", "-v", "--stack-config", &config].into_iter().chain(reports));
    ended.expect(1, &["bad key"]).expect_not(SECRET);
    assert!(!project.read("j.xml").contains(SECRET) && !project.read("j.json").contains(SECRET));
    let sent = provider.asks()[0].header("authorization").map(str::to_owned);
    assert_eq!(sent, Some(format!("Bearer {SECRET}")));
}
