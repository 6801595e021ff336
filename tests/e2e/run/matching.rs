//! Which recorded answer a provider call gets: fresh ids, declared rules.

use crate::support::{MODELS, Project, Server};
use std::sync::atomic::{AtomicUsize, Ordering};

const REPLAY: [&str; 6] =
    ["run", "a", "--stack-config", "starter", "--env", "OLLAMA_URL=http://127.0.0.1:9/v1"];

fn record(project: &Project, provider: &Server) {
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    project.run(["record", "a", "--stack-config", "starter", "--env", &url]).expect(0, &["1 passed"]);
}

/// Uploads two files, whose ids the stack mints anew in each run, and asks about the second.
const FILES: &str = r#"
cases:
  - name: files
    steps:
      - post: /v1/files
        multipart: { purpose: assistants, file: { name: a.txt, text: one } }
        capture: { one: $.id }
      - post: /v1/files
        multipart: { purpose: assistants, file: { name: b.txt, text: two } }
        capture: { two: $.id }
      - post: /v1/chat/completions
        json: { model: ollama/fake, messages: [{ role: user, content: "what is in {{ two }}?" }] }
        expect: { "$.choices[0].message.content": "in {{ two }}" }
"#;

/// Says which file the prompt is about.
fn citing() -> Server {
    Server::new(|ask, reply| {
        if ask.path == "/v1/models" {
            return reply.json(200, MODELS);
        }
        let id = ask.body.split("what is in ").nth(1).and_then(|rest| rest.split('?').next());
        reply.json(200, &crate::support::completion(&format!("in {}", id.unwrap_or("none"))));
    })
}

#[test]
fn a_prompt_that_quotes_a_fresh_id_replays_in_another_process() {
    let project = Project::with(FILES);
    let provider = citing();
    record(&project, &provider);
    let path = "recordings/default/a/files.json";
    let recorded = project.read(path);
    assert!(recorded.contains("what is in file-stacktest0000002?"), "{recorded}");
    project.run(REPLAY).expect(0, &["1 passed"]);
    project.run(REPLAY.into_iter().chain(["-v"])).expect(0, &["1 replayed, told by baggage"]);
    record(&project, &provider);
    assert_eq!(project.read(path), recorded);
    project.file("suites/a.yaml", FILES.replace("what is in {{ two }}", "what is in {{ one }}"));
    project.run(REPLAY).expect(1, &["1 failed"]);
}

const DATED: &str = r#"
match: [{ ignore: /user }]
cases:
  - name: dated
    steps:
      - post: /v1/chat/completions
        json:
          model: ollama/fake
          user: "{{ unique }}"
          messages: [{ role: user, content: "it is {{ run.id }}" }]
"#;

#[test]
fn declared_rules_make_a_call_of_another_day_the_same() {
    let calls = AtomicUsize::new(0);
    let provider = Server::new(move |ask, reply| {
        if ask.path == "/v1/models" {
            return reply.json(200, MODELS);
        }
        calls.fetch_add(1, Ordering::SeqCst);
        reply.json(200, &crate::support::completion("hello"));
    });
    let project = Project::with(DATED);
    let rule = "match: [{ mask: 'it is [0-9a-f-]+', name: run, provider: ollama }]\n";
    project.file("stack-test.yaml", rule);
    record(&project, &provider);
    project.run(REPLAY).expect(0, &["1 passed"]);
    project.file("stack-test.yaml", rule.replace("ollama", "olama"));
    project.run(REPLAY).expect(1, &["stack-test.yaml:1:", "no provider `olama`", "did you mean `ollama`?"]);
    project.file("stack-test.yaml", rule);
    project.file("suites/a.yaml", DATED.replace("ignore: /user", "ignore: /users"));
    project.run(REPLAY).expect(1, &["1 failed"]);
}

#[test]
fn a_rule_that_makes_no_sense_is_told_with_its_place() {
    let project = Project::with(&DATED.replace("ignore: /user", "ignore: user"));
    project.file("stack-test.yaml", "run: {}\nmatch:\n  - { mask: '(', name: x }\n");
    project.run(REPLAY).expect(
        4,
        &[
            "stack-test.yaml:3:13",
            "no regular expression",
            "a.yaml:2:19",
            "`user` is no place",
            "begins with `/`",
        ],
    );
}
