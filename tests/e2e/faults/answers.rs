//! Servers that answer badly, or not, or without end.

use crate::support::{Ask, Ended, Project, Reply, Server, completion};

/// Runs one case with these steps against a stack that answers so.
fn against(answer: impl Fn(&Ask, &mut Reply<'_>) + Send + Sync + 'static, steps: &str) -> Ended {
    let server = Server::stack(answer);
    let project = Project::with(&format!("cases:\n  - name: one\n    steps:\n{steps}"));
    let args = ["--case-timeout", "300ms", "--report", "junit=j.xml"];
    let ended = project.run(["run", "a", "--stack-config", &server.url()].into_iter().chain(args));
    let report = project.junit("j.xml");
    assert_eq!(report.tests, 1);
    ended
}

#[test]
fn a_server_that_hangs_is_not_waited_for_for_ever() {
    let ended = against(|_, reply| reply.hang(), "      - get: /x\n");
    ended.expect(1, &["1 failed", "no answer within", "a.yaml:4:"]);
}

#[test]
fn a_stream_that_never_ends_is_broken_off() {
    let endless = |_: &Ask, reply: &mut Reply<'_>| {
        reply.begin("text/event-stream");
        while reply.piece("data: {\"again\":true}\n\n") {}
        reply.hang_up();
    };
    let ended = against(endless, "      - get: /x\n        expect: { status: 200 }\n");
    ended.expect(1, &["1 failed", "the answer did not end in the time allowed"]);
}

#[test]
fn a_stream_that_falls_silent_is_broken_off() {
    let silent = |_: &Ask, reply: &mut Reply<'_>| {
        reply.begin("text/event-stream");
        reply.piece("data: {\"n\":1}\n\n");
        reply.hang();
    };
    let ended = against(silent, "      - get: /x\n        expect: { status: 200 }\n");
    ended.expect(1, &["the answer did not end in the time allowed; 15 bytes came"]);
}

#[test]
fn half_an_answer_is_a_failure_that_shows_the_half() {
    let half = |_: &Ask, reply: &mut Reply<'_>| {
        reply.raw(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"half\":",
        );
        reply.hang_up();
    };
    let ended = against(half, "      - get: /x\n        expect: { status: 200 }\n");
    ended.expect(1, &["the answer broke off after 8 bytes", "{\"half\":"]);
    let no_end = |_: &Ask, reply: &mut Reply<'_>| {
        reply.begin("text/event-stream");
        reply.piece("data: {}\n\n");
        reply.hang_up();
    };
    let ended = against(no_end, "      - get: /x\n        expect: { status: 200 }\n");
    ended.expect(1, &["the answer broke off after 10 bytes"]);
}

#[test]
fn no_answer_at_all_is_a_failure() {
    against(|_, reply| reply.hang_up(), "      - get: /x\n").expect(1, &["broke off before it answered"]);
    let garbage = |_: &Ask, reply: &mut Reply<'_>| {
        reply.raw(b"\x16\x03\x01 this is no HTTP\r\n\r\n");
        reply.hang_up();
    };
    against(garbage, "      - get: /x\n").expect(1, &["1 failed", "broke off before it answered"]);
}

#[test]
fn json_that_is_none_is_shown() {
    let ended = against(
        |_, reply| reply.json(200, "{\"a\": nope"),
        "      - get: /x\n        expect: { status: 200, $.a: 1 }\n",
    );
    ended.expect(1, &["1 failed", "the body is no JSON", "{\"a\": nope"]);
    // Deeper than any stack of calls.
    let deep = "[".repeat(200_000);
    let ended =
        against(move |_, reply| reply.json(200, &deep), "      - get: /x\n        expect: { $..a: 1 }\n");
    ended.expect(1, &["the body is no JSON"]);
    assert!(ended.said().len() < 100_000);
    // Binary, and escapes that a terminal would obey.
    let binary = |_: &Ask, reply: &mut Reply<'_>| {
        reply.raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n\xff\xfe\x1b[2J\x07\0");
    };
    let ended = against(binary, "      - get: /x\n        expect: { $.a: 1 }\n");
    ended.expect(1, &["1 failed"]).expect_not("\u{1b}[2J").expect_not("\u{7}");
}

#[test]
fn a_capture_that_finds_nothing_says_where_it_looked() {
    let ended = against(
        |_, reply| reply.json(200, r#"{"idd":"x"}"#),
        "      - get: /x\n        capture: { id: $.id }\n      - get: /{{ id }}\n",
    );
    ended.expect(1, &["1 failed", "$.id", "a.yaml:5:", "idd"]);
}

#[test]
fn an_answer_without_measure_does_not_fill_the_memory() {
    let server = Server::stack(|_, reply| {
        reply.begin("text/plain");
        let piece = "x".repeat(1 << 20);
        while reply.piece(&piece) {}
        reply.hang_up();
    });
    let project = Project::with("cases: [{ name: one, steps: [{ get: /x }] }]\n");
    let ended = project.run(["run", "a", "--stack-config", &server.url()]);
    ended.expect(1, &["1 failed", "longer than 64 MiB"]);
    assert!(ended.said().len() < 100_000);
}

#[test]
fn a_stack_that_goes_away_is_an_error_of_the_run_and_not_a_failed_test() {
    let (listener, port) = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    };
    // Healthy for as long as it takes to be found ready; then nobody listens any more.
    let server = std::thread::spawn(move || {
        let mut asked = 0;
        for stream in listener.incoming() {
            use std::io::{BufRead, BufReader, Write};
            let mut stream = stream.unwrap();
            let mut line = String::new();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
            asked += 1;
            let body = r#"{"status":"OK"}"#;
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            if line.contains("/v1/version") {
                return asked;
            }
        }
        asked
    });
    let project = Project::with("cases: [{ name: one, steps: [{ get: /x }] }]\n");
    let url = format!("http://127.0.0.1:{port}");
    let ended = project.run(["run", "a", "--stack-config", &url, "--report", "junit=j.xml"]);
    ended.expect(1, &["1 error", "the stack cannot be reached"]);
    assert_eq!(project.junit("j.xml").errors, 1);
    assert!(server.join().unwrap() >= 2);
}

/// The same, one step further away: the stack is ours, its provider behaves badly.
fn with_provider(answer: impl Fn(&Ask, &mut Reply<'_>) + Send + Sync + 'static, json: &str) -> Ended {
    let provider = Server::new(move |ask, reply| match ask.path.as_str() {
        "/v1/models" => reply.json(200, crate::support::MODELS),
        _ => answer(ask, reply),
    });
    let project = Project::with(&format!(
        "cases:\n  - name: one\n    steps:\n      - post: /v1/chat/completions\n        json: {json}\n        expect: {{ status: 200 }}\n"
    ));
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let mode = ["--inference-mode", "live", "--case-timeout", "1s"];
    project.run(["run", "a", "--stack-config", "starter", "--env", &url].into_iter().chain(mode))
}

const CHAT: &str = "{ model: ollama/fake, messages: [{ role: user, content: hi }] }";
const STREAM: &str = "{ model: ollama/fake, messages: [{ role: user, content: hi }], stream: true }";

#[test]
fn a_provider_that_behaves_badly_fails_the_case_only() {
    with_provider(|_, reply| reply.json(200, &completion("hi")), CHAT).expect(0, &["1 passed"]);
    with_provider(|_, reply| reply.hang_up(), CHAT).expect(1, &["1 failed"]);
    with_provider(|_, reply| reply.hang(), CHAT).expect(1, &["1 failed", "no answer within"]);
    with_provider(|_, reply| reply.json(200, "not { json"), CHAT).expect(0, &[]);
    let half = |_: &Ask, reply: &mut Reply<'_>| {
        reply.begin("text/event-stream");
        reply.piece("data: {\"choices\":[]}\n\n");
        reply.hang_up();
    };
    with_provider(half, STREAM).expect(1, &["1 failed", "broke off"]);
}
