//! `stack-test check routes`.

use crate::support::{Project, Server};
use serde_json::{Value, json};

/// A suite that asks for two things, one of them through a fragment, and for what is not there.
const SUITE: &str = "fragments:
  look:
    takes: [id]
    steps: [{ get: '/v1/things/{{ id }}' }]
cases:
  - name: one
    steps:
      - post: /v1/things
        json: {}
        capture: { id: $.id }
      - use: look
        with: { id: '{{ id }}' }
      - get: /v1/no-such-thing
        expect: { status: 404 }
  - name: elsewhere
    steps: [{ get: http://127.0.0.1:9/v1/other }, { get: /v1/missing }]
";

fn document() -> Value {
    let operation = json!({"tags": ["things"], "responses": {"200": {"description": "fine"}}});
    json!({"openapi": "3.1.0", "paths": {
        "/v1/things": {"post": operation}, "/v1/things/{thing_id}": {"get": operation, "delete": operation},
        "/v1/gone": {"get": operation},
    }})
}

fn routes() -> Value {
    let route =
        |(method, route): &(&str, &str)| json!({"method": method, "route": route, "provider_types": []});
    let all = [
        ("POST", "/v1/things"),
        ("GET", "/v1/things/{id}"),
        ("DELETE", "/v1/things/{id}"),
        ("GET", "/v1/hidden"),
    ];
    json!({"data": all.iter().map(route).collect::<Vec<_>>()})
}

/// A stack that says what it serves, as far as it is told to.
fn stack(lists: bool, describes: bool) -> Server {
    Server::new(move |ask, reply| match ask.path.as_str() {
        "/v1/health" => reply.json(200, r#"{"status":"OK"}"#),
        "/v1/inspect/routes" if lists => reply.json(200, &routes().to_string()),
        "/openapi.json" if describes => reply.json(200, &document().to_string()),
        _ => reply.json(404, "{}"),
    })
}

fn names(list: &Value) -> Vec<String> {
    let name =
        |row: &Value| format!("{} {}", row["method"].as_str().unwrap(), row["route"].as_str().unwrap());
    list.as_array().unwrap().iter().map(name).collect()
}

#[test]
fn what_is_listed_documented_and_called_is_joined_by_route() {
    let (project, stack) = (Project::with(SUITE), stack(true, true));
    let url = stack.url();
    let ended = project.run(["check", "routes", "a", "--stack-config", &url, "--format", "json"]);
    let said: Value = serde_json::from_str(&ended.expect(0, &[]).stdout).unwrap();
    assert_eq!(names(&said["untested"]), ["GET /v1/hidden", "DELETE /v1/things/{thing_id}"]);
    assert_eq!(names(&said["undocumented"]), ["GET /v1/hidden"]);
    assert_eq!(names(&said["unserved"]), ["GET /v1/missing", "GET /v1/gone"]);
    assert_eq!(said["counts"], json!({"served": 4, "documented": 4, "tested": 3, "recorded": 0}));
    for (require, code) in [("tested", 1), ("documented", 1), ("served", 1)] {
        project
            .run(["check", "routes", "a", "--stack-config", &url, "--require", require])
            .expect(code, &["untested"]);
    }
    assert!(stack.lines().iter().all(|line| line.starts_with("GET ")), "no case is run: {:?}", stack.lines());
}

#[test]
fn without_a_list_the_document_says_what_is_served() {
    let (project, stack) = (Project::with(SUITE), stack(false, true));
    let url = stack.url();
    let ended = project.run(["check", "routes", "a", "--stack-config", &url, "--format", "markdown"]);
    ended.expect(
        0,
        &["| things | GET | /v1/things/{thing\\_id} | ? | yes | 1 | – |", "**undocumented**", "): 0"],
    );
    project.run(["check", "routes", "a", "--stack-config", &url, "--require", "documented"]).expect(0, &[]);
}

#[test]
fn what_other_test_runners_ask_for_is_said_to_be_unseen() {
    let (project, stack) = (Project::with(SUITE), stack(true, true));
    project.file(
        "suites/b.yaml",
        "external: { adapter: command, list: [printf, 'one\\ntwo\\n'], command: [echo, '{{ test }}'] }\n",
    );
    let url = stack.url();
    let routes = project.run(["check", "routes", "a", "b", "--stack-config", &url]);
    routes.expect(0, &["not counted: what 2 tests of other test runners ask for"]);
    let answers = project.run(["check", "openapi", "a", "b", "--stack-config", &url]);
    assert!(
        answers.said().contains("what 2 tests of other test runners are answered is not looked at"),
        "{}",
        answers.said()
    );
}

#[test]
fn a_stack_that_says_nothing_needs_a_document_by_name() {
    let (project, stack) = (Project::with(SUITE), stack(false, false));
    let url = stack.url();
    let ended = project.run(["check", "routes", "a", "--stack-config", &url]);
    ended.expect(3, &["says nowhere what it serves", "--openapi"]);
    project.file("api.yaml", "openapi: 3.1.0\npaths: { /v1/things: { post: {} } }\n");
    let named = ["check", "routes", "a", "--stack-config", &url, "--openapi", "api.yaml"];
    project.run(named).expect(0, &["served as api.yaml says", "GET /v1/things/{…}"]);
    for (text, words) in
        [("{", "`bad.json` is no JSON"), ("{}", "no OpenAPI document"), ("swagger: '2.0'", "Swagger 2.0")]
    {
        project.file("bad.json", text);
        let bad = ["check", "routes", "a", "--stack-config", &url, "--openapi", "bad.json"];
        project.run(bad).expect(4, &[words]);
    }
}

#[test]
fn the_embedded_stack_hides_nothing_and_the_shipped_suites_know_it() {
    let repository = env!("CARGO_MANIFEST_DIR");
    let (suites, recordings) = (format!("{repository}/suites"), format!("{repository}/recordings"));
    let project = Project::new();
    let all = [
        "check",
        "routes",
        "--suites-dir",
        &suites,
        "--recordings",
        &recordings,
        "--stack-config",
        "starter",
    ];
    let strict = ["--require", "documented,served", "--format", "json"];
    let said: Value =
        serde_json::from_str(&project.run(all.into_iter().chain(strict)).expect(0, &[]).stdout).unwrap();
    let chat =
        said["routes"].as_array().unwrap().iter().find(|row| row["route"] == "/v1/chat/completions").unwrap();
    assert!(
        chat["tested"].as_u64() > chat["recorded"].as_u64() && chat["recorded"].as_u64() > Some(5),
        "{chat}"
    );
    assert_eq!(project.files("target"), Vec::<String>::new());
}
