//! `stack-test check openapi`.

use crate::support::{Project, Server, completion};
use serde_json::{Value, json};

const SUITE: &str = "cases:
  - name: first
    steps: [{ get: /v1/things/1 }]
  - name: second
    steps: [{ get: /v1/things/2 }, { get: /v1/things/3, expect: { status: 418 } }, { get: /v1/stream }]
  - name: third
    steps: [{ get: /v1/nowhere, expect: { status: 404 } }, { get: /v1/fine }]
";

fn document() -> Value {
    let answer = |content_type: &str| {
        let schema = json!({"$ref": "#/components/schemas/Thing"});
        json!({"get": {"responses": {"200": {"description": "fine", "content": {content_type: {"schema": schema}}}}}})
    };
    json!({
        "openapi": "3.0.3",
        "paths": {"/v1/things/{id}": answer("application/json"), "/v1/stream": answer("text/event-stream"), "/v1/fine": answer("application/json")},
        "components": {"schemas": {"Thing": {"type": "object", "required": ["id"], "properties": {
            "id": {"type": "string"}, "note": {"type": "string", "nullable": true}
        }}}}
    })
}

fn stack() -> Server {
    Server::stack(|ask, reply| match ask.path.as_str() {
        "/openapi.json" => reply.json(200, &document().to_string()),
        "/v1/things/1" | "/v1/things/2" => reply.json(200, r#"{"id":42,"note":"sk-made-up-1234567890"}"#),
        "/v1/things/3" => reply.json(418, "{}"),
        "/v1/fine" => reply.json(200, r#"{"id":"a","note":null}"#),
        "/v1/stream" => {
            reply.begin("text/event-stream");
            reply.piece("data: {\"id\":\"a\"}\n\ndata: {\"note\":\"b\"}\n\ndata: [DONE]\n\n");
            reply.piece("");
        }
        _ => reply.json(404, "{}"),
    })
}

#[test]
fn answers_that_break_the_document_are_grouped_by_route_and_kind() {
    let (project, stack) = (Project::with(SUITE), stack());
    let url = stack.url();
    let ended = project.run(["check", "openapi", "a", "--stack-config", &url]);
    ended.expect(
        1,
        &[
            "GET /v1/things/{id}  (3 answers)\n",
            "  200 schema at /id: ",
            "and is a number\n    2 answers, first in a::first\n",
            "  418 undocumented status: status 418 is not documented; documented are: 200\n    1 answer, first in a::second\n",
            "GET /v1/stream  (1 answer)\n  200 schema at event: ",
            "5 answers on 3 routes checked against /openapi.json: 3 violations on 2 routes",
        ],
    );
    ended.expect_not("sk-made-up");
    assert!(ended.stderr.contains("PASSED") && !ended.stdout.contains("PASSED"), "the run speaks elsewhere");
    let said = project.run(["check", "openapi", "a", "--stack-config", &url, "--format", "json"]);
    let said: Value = serde_json::from_str(&said.expect(1, &[]).stdout).unwrap();
    assert_eq!((&said["answers"], &said["violations"]), (&json!(5), &json!(3)));
    let markdown = ["check", "openapi", "a", "--stack-config", &url, "--format", "markdown"];
    project.run(markdown).expect(1, &["| GET /v1/things/{id} | 418 undocumented status |"]);
    let only = ["check", "openapi", "a::third", "--stack-config", &url];
    project
        .run(only)
        .expect(0, &["1 answer on 1 route checked against /openapi.json: none breaks the document"]);
}

#[test]
fn what_another_document_says_counts_if_it_is_named() {
    let (project, stack) = (Project::with(SUITE), stack());
    let url = stack.url();
    project.file("api.json", r#"{"openapi":"3.1.0","paths":{"/v1/fine":{"get":{"responses":{"default":{"content":{"application/json":{"schema":{"$ref":"https://example.com/far.json"}}}}}}}}}"#);
    let named = ["check", "openapi", "a::third", "--stack-config", &url, "--openapi", "api.json"];
    project.run(named).expect(1, &["unusable schema", "nothing is fetched"]);
    let silent = Server::stack(|_, reply| reply.json(404, "{}"));
    let url = silent.url();
    project
        .run(["check", "openapi", "a", "--stack-config", &url])
        .expect(3, &["has no OpenAPI document at /openapi.json", "--openapi"]);
}

/// What a stack makes of a call that no recording answers is the recordings' fault.
#[test]
fn cases_with_misses_are_left_out() {
    let project = Project::with(
        "cases:\n  - { name: kept, steps: [{ get: /v1/models }] }\n  - name: missing\n    steps: [{ post: /v1/chat/completions, json: { model: vllm/fake, messages: [{ role: user, content: hi }] } }]\n",
    );
    let provider = Server::new(|_, reply| reply.json(200, &completion("hello")));
    let env = format!("VLLM_URL={}/v1", provider.url());
    let ended = project.run(["check", "openapi", "a", "--stack-config", "inference=vllm", "--env", &env]);
    ended.expect(0, &["1 answer on 1 route", "1 case left out for want of recordings", "FAIL"]);
}

#[test]
fn the_embedded_stack_keeps_to_its_document() {
    let repository = env!("CARGO_MANIFEST_DIR");
    let (suites, recordings) = (format!("{repository}/suites"), format!("{repository}/recordings"));
    let project = Project::new();
    let all = [
        "check",
        "openapi",
        "--suites-dir",
        &suites,
        "--recordings",
        &recordings,
        "--stack-config",
        "starter",
    ];
    let ended = project.run(all.into_iter().chain(["--format", "json"]));
    let said: Value = serde_json::from_str(&ended.expect(0, &["PASSED"]).stdout).unwrap();
    assert!(said["answers"].as_u64() > Some(100) && said["routes"].as_array().unwrap().len() > 15, "{said}");
}
