//! How cases end: flaky, xfail, skipped, and why.

use crate::support::{Project, Server};
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn passing_on_a_retry_is_flaky() {
    let asked = AtomicUsize::new(0);
    let server = Server::stack(move |_, reply| {
        let first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        reply.json(if first { 500 } else { 200 }, "{}");
    });
    let project = Project::with(
        "cases: [{ name: moody, retries: 2, steps: [{ get: /x, expect: { status: 200 } }] }]\n",
    );
    let ended = project.run(["run", "a", "--stack-config", &server.url(), "--report", "junit=j.xml"]);
    ended.expect(0, &["FLAKY", "passed on attempt 2", "1 flaky"]);
    assert!(project.read("j.xml").contains("<flakyFailure"), "{}", project.read("j.xml"));
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn retries_end_and_the_case_has_failed() {
    let server = Server::stack(|_, reply| reply.json(500, "{}"));
    let project = Project::with(
        "cases: [{ name: broken, retries: 2, steps: [{ get: /x, expect: { status: 200 } }] }]\n",
    );
    project.run(["run", "a", "--stack-config", &server.url()]).expect(1, &["1 failed"]);
    assert_eq!(server.asks().len(), 3);
}

#[test]
fn expected_failures_count_as_what_they_are() {
    let server = Server::stack(|ask, reply| reply.json(if ask.path == "/bad" { 500 } else { 200 }, "{}"));
    let suite = |strict: bool| {
        format!(
            "cases:
  - name: still_broken
    xfail: not yet implemented
    steps: [{{ get: /bad, expect: {{ status: 200 }} }}]
  - name: mended
    xfail: {{ reason: was broken once, strict: {strict} }}
    steps: [{{ get: /good, expect: {{ status: 200 }} }}]
"
        )
    };
    let project = Project::with(&suite(false));
    let ended = project.run(["run", "a", "--stack-config", &server.url()]);
    ended.expect(0, &["1 xfailed, 1 xpassed", "not yet implemented", "was broken once"]);
    let project = Project::with(&suite(true));
    let ended = project.run(["run", "a", "--stack-config", &server.url(), "--report", "junit=j.xml"]);
    ended.expect(1, &["passed, though it was expected to fail: was broken once"]);
    assert_eq!(project.junit("j.xml").failures, 1);
}

#[test]
fn every_skip_says_why() {
    let server = Server::new(|ask, reply| match ask.path.as_str() {
        "/v1/health" => reply.json(200, r#"{"status":"OK"}"#),
        "/v1/providers" => reply.json(200, r#"{"data":[{"api":"files","provider_id":"localfs"}]}"#),
        "/v1/inspect/routes" => reply.json(200, r#"{"data":[{"route":"/v1/files"}]}"#),
        "/slow" => reply.json(200, r#"{"status":"in_progress"}"#),
        _ => reply.json(404, "{}"),
    });
    let project = Project::with(
        "cases:
  - name: put_off
    skip: the weather is too good
    steps: [{ get: /x }]
  - name: needs_batches
    requires: { apis: [batches] }
    steps: [{ get: /x }]
  - name: needs_a_model
    models: [text_model]
    steps: [{ get: /x }]
  - name: takes_too_long
    steps: [{ get: /slow, until: { $.status: completed }, within: 1ms, on_timeout: skip }]
",
    );
    let ended = project.run(["run", "a", "--stack-config", &server.url(), "--report", "junit=j.xml"]);
    ended.expect(
        0,
        &[
            "4 skipped",
            "the weather is too good",
            "the stack does not serve `batches`",
            "--text-model",
            "did not come within",
        ],
    );
    let xml = project.read("j.xml");
    for reason in ["the weather is too good", "the stack does not serve `batches`"] {
        assert!(xml.contains(reason), "{xml}");
    }
}

#[test]
fn what_is_captured_is_used_and_what_must_be_done_in_the_end_is_done() {
    let server = Server::stack(|ask, reply| match (ask.method.as_str(), ask.path.as_str()) {
        ("POST", "/things") => reply.json(200, r#"{"id":"t-1"}"#),
        ("GET", "/things/t-1") => reply.json(500, r#"{"error":"gone wrong"}"#),
        ("DELETE", "/things/t-1") => reply.json(200, "{}"),
        _ => reply.json(404, "{}"),
    });
    let project = Project::with(
        r#"
cases:
  - name: thing
    steps:
      - post: /things
        json: { name: "{{ case.name }}" }
        expect: { status: 200 }
        capture: { id: $.id }
      - get: /things/{{ id }}
        expect: { status: 200 }
      - get: /never
    finally:
      - delete: /things/{{ id }}
"#,
    );
    let ended = project.run(["run", "a", "--stack-config", &server.url()]);
    ended.expect(1, &["500", "gone wrong"]);
    assert_eq!(server.lines(), ["POST /things", "GET /things/t-1", "DELETE /things/t-1"]);
    assert_eq!(server.asks()[0].body, r#"{"name":"thing"}"#);
}

#[test]
fn who_expects_nothing_expects_no_error() {
    let server = Server::stack(|ask, reply| {
        let status = if ask.path == "/gone" { 404 } else { 200 };
        reply.json(status, r#"{"why":"moved"}"#);
    });
    let project = Project::with(
        "cases: [{ name: fine, steps: [{ get: /here }] }, { name: gone, steps: [{ get: /gone }] }]\n",
    );
    let ended = project.run(["run", "a", "--stack-config", &server.url()]);
    ended.expect(1, &["1 passed, 1 failed", "the answer is an error: status 404", "moved"]);
}

#[test]
fn a_wait_lasts_as_long_as_it_says_and_looks_once_more_at_its_end() {
    let server = Server::stack(|_, reply| reply.json(200, r#"{"status":"busy"}"#));
    let project = Project::with(
        "cases:\n  - name: waits\n    steps:\n      - get: /job\n        until: { $.status: done }\n        within: 150ms\n",
    );
    project.run(["run", "a", "--stack-config", &server.url()]).expect(1, &["did not come within 0."]);
    // At once, after 100 ms, and at the end.
    let looks = server.asks().iter().filter(|ask| ask.path == "/job").count();
    assert_eq!(looks, 3);
}
