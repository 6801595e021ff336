//! Expectations, captures and templates, as a suite writes them, on answers as a server sends them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may")]

use serde_json::{Value, json};
use stack_test::check::{
    Captures, Checks, Chunk, Ending, Evaluation, Observed, Resources, Scope, Telemetry, TextTemplate, tables,
};
use stack_test::source::{Diagnostic, Node, SourceFile, yaml};
use std::sync::Arc;
use std::time::Duration;

struct NoFiles;

impl Resources for NoFiles {
    fn text(&self, _suite: &SourceFile, _path: &str) -> Result<Option<Arc<SourceFile>>, String> {
        Ok(None)
    }

    fn bytes(&self, _suite: &SourceFile, _path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
}

fn node(text: &str) -> Node {
    yaml::parse(&SourceFile::new("suites/a.yaml", text))
        .unwrap_or_else(|error| panic!("{}", error.render(false)))
}

fn compile(text: &str) -> Checks {
    let drawn = |errors: Vec<Diagnostic>| errors.iter().map(|error| error.render(false)).collect::<String>();
    Checks::compile(&node(text), &NoFiles).unwrap_or_else(|errors| panic!("{text}\n{}", drawn(errors)))
}

fn mistakes(text: &str) -> Vec<Diagnostic> {
    Checks::compile(&node(text), &NoFiles).expect_err(text)
}

fn answer(content_type: &str, body: &str) -> Observed {
    Observed {
        status: 200,
        headers: vec![
            ("content-type".into(), content_type.into()),
            ("set-cookie".into(), "a=1".into()),
            ("set-cookie".into(), "b=2".into()),
        ],
        body: body.as_bytes().to_vec().into(),
        chunks: vec![Chunk { end: body.len(), at: Duration::from_millis(40) }],
        duration: Duration::from_millis(50),
        ending: Ending::Complete,
        telemetry: Telemetry::default(),
    }
}

fn scope() -> Scope {
    let names = json!({"param_id": {"question": "saturn"}, "id": "x", "n": 2});
    Scope::new(names.as_object().expect("an object").clone())
}

fn evaluate(checks: &str, observed: &Observed) -> Evaluation {
    compile(checks).evaluate(observed, &scope())
}

fn failures(checks: &str, observed: &Observed) -> Vec<String> {
    evaluate(checks, observed).failures.into_iter().map(|failure| failure.what).collect()
}

fn chat() -> Observed {
    let body = json!({
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "It is Saturn."}, "finish_reason": "stop"}],
        "usage": {"total_tokens": 12}
    });
    answer("application/json", &body.to_string())
}

/// Three events of a chat stream and its end; one piece each, 10 ms, 20 ms, 90 ms and 100 ms after the request.
fn chat_stream() -> Observed {
    let event = |delta: Value, reason: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
        format!("data: {}\n\n", json!({"object": "chat.completion.chunk", "choices": [choice]}))
    };
    let pieces = [
        event(json!({"role": "assistant", "content": "Hel"}), Value::Null),
        event(json!({"content": "lo"}), Value::Null),
        event(json!({}), json!("stop")),
        "data: [DONE]\n\n".to_owned(),
    ];
    let mut observed = answer("text/event-stream; charset=utf-8", &pieces.concat());
    let mut end = 0;
    observed.chunks = pieces
        .iter()
        .zip([10, 20, 90, 100])
        .map(|(piece, at)| {
            end += piece.len();
            Chunk { end, at: Duration::from_millis(at) }
        })
        .collect();
    observed
}

#[test]
fn a_good_answer_passes() {
    let checks = "
status: 200
header.Content-Type: { starts_with: application/json }
header.set-cookie: [a=1, b=2]
$.object: chat.completion
$.choices[0].message.content: { icontains: '{{ param_id.question }}' }
$.choices[0]: { $.index: 0, $.message.role: assistant }
$.usage.total_tokens: { gt: 0 }
$.error: { exists: false }
body: { contains: Saturn }
duration: { within: 5s }
";
    assert_eq!(failures(checks, &chat()), Vec::<String>::new());
    assert!(failures("{}", &chat()).is_empty());
    let used: Vec<String> = compile(checks).references().into_iter().map(|used| used.path).collect();
    assert_eq!(used, ["param_id.question"]);
}

#[test]
fn every_failure_is_reported_at_its_place_and_the_first_shows_the_answer() {
    let checks = "status: 201\n$.object: chat\n$.choices[0].message: { $.content: { icontains: earth }, $.rôle: x }\nduration: { within: 1ms }\n";
    let failures = evaluate(checks, &chat()).failures;
    let lines: Vec<String> = failures.iter().map(Diagnostic::one_line).collect();
    assert_eq!(
        lines,
        [
            "suites/a.yaml:1:1: status should be 201",
            "suites/a.yaml:2:1: $.object should be \"chat\"",
            "suites/a.yaml:3:38: $.choices[0].message.content should contain \"earth\" (ignoring case)",
            "suites/a.yaml:3:58: $.choices[0].message.rôle is not there",
            "suites/a.yaml:4:13: duration should be within 1 ms",
        ]
    );
    assert_eq!(failures[1].origin.as_ref().unwrap().snippet(), "$.object: chat");
    assert_eq!(
        (failures[1].expected.as_deref(), failures[1].actual.as_deref()),
        (Some("\"chat\""), Some("\"chat.completion\""))
    );
    assert!(
        failures[0].notes[0].starts_with("the answer was 200 OK, application/json, "),
        "{:?}",
        failures[0].notes
    );
    assert!(failures[0].notes[0].contains("\n  \"object\": \"chat.completion\""));
    assert!(failures[1..].iter().all(|failure| failure.notes.is_empty()));
    assert_eq!(failures[3].hint.as_deref(), Some("`$` has no `rôle`; it has: role, content"));
}

#[test]
fn a_body_that_is_no_json_is_one_failure() {
    let html = answer("text/html", "<html>Bad Gateway</html>");
    let failures = evaluate("$.a: 1\n$.b: 2\nstatus: 200\nlines: { len: 1 }\n", &html).failures;
    let whats: Vec<&str> = failures.iter().map(|failure| failure.what.as_str()).collect();
    assert_eq!(whats.len(), 2, "{whats:?}");
    assert!(
        whats[0].starts_with("the body is no JSON: ")
            && whats[1].starts_with("line 1 of the body is no JSON")
    );
    assert_eq!(failures[0].actual.as_deref(), Some("<html>Bad Gateway</html>"));
    assert_eq!(
        evaluate("$.a: { exists: false }", &answer("text/plain", "")).failures[0].actual.as_deref(),
        Some("an empty body")
    );
}

#[test]
fn lines_are_a_list() {
    let body = "{\"custom_id\":\"a\",\"code\":200}\n\n{\"custom_id\":\"b\",\"code\":200}\n";
    let lines = answer("application/octet-stream", body);
    let checks = "lines: { len: 2, each: { $.code: 200 }, any: { $.custom_id: b }, first: { $.custom_id: a }, last: { $.custom_id: b }, '$[*].custom_id': [a, b] }";
    assert!(failures(checks, &lines).is_empty());
    let failed = failures("lines: { each: { $.custom_id: a }, len: { gt: 2 }, '$[2].x': 1 }", &lines);
    assert_eq!(
        failed,
        [
            "lines[1].custom_id should be \"a\"",
            "lines (its length) should be greater than 2",
            "lines[2].x is not there"
        ]
    );
    assert_eq!(failures("lines: { first: { $.a: 1 } }", &answer("x/y", "")), ["lines.first is not there"]);
    assert!(failures("lines: []", &answer("x/y", "")).is_empty());
}

#[test]
fn a_stream_is_put_together() {
    let checks = "
stream:
  events: { ge: 2 }
  each: { $.object: chat.completion.chunk }
  any: { '$.choices[0].finish_reason': stop }
  text: Hello
  tool_calls: []
  finish_reason: stop
  errors: 0
  first: { '$.choices[0].delta.role': assistant }
  last: { '$.choices[0].finish_reason': stop }
  ends_with: '[DONE]'
  first_event: { within: 10ms }
  gap: { within: 70ms }
  duration: { within: 50ms }
  $[1].choices[0].delta.content: lo
";
    assert_eq!(failures(checks, &chat_stream()), Vec::<String>::new());
    let failed = failures(
        "stream: { events: 4, text: hi, first_event: { within: 9ms }, gap: { within: 69ms }, usage: { exists: true }, each: { $.x: 1 } }",
        &chat_stream(),
    );
    assert_eq!(
        failed,
        [
            "stream.events should be 4",
            "stream.text should be \"hi\"",
            "stream.first_event should be within 9 ms",
            "stream.gap should be within 69 ms",
            "stream.usage should exist",
            "stream.events[0].x is not there",
            "stream.events[1].x is not there",
            "stream.events[2].x is not there",
        ]
    );
}

#[test]
fn lines_of_json_are_a_stream_too() {
    let body = "{\"message\":{\"content\":\"Hi\"},\"done\":false}\n{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"eval_count\":1}";
    let ollama = answer("application/x-ndjson", body);
    let checks = "stream: { text: Hi, finish_reason: stop, events: 2, ends_with: { $.done: true }, usage: { $.total_tokens: 1 } }";
    assert_eq!(failures(checks, &ollama), Vec::<String>::new());
    let failed = failures("stream: { events: 1, text: x }", &answer("application/json", "{\"error\":1}"));
    assert_eq!(failed, ["the answer is no stream"]);
    let errors = "event: error\ndata: {\"message\":\"x\"}\n\ndata: {\"error\":{\"message\":\"y\"}}\n\n";
    assert!(failures("stream: { errors: 2 }", &answer("text/event-stream", errors)).is_empty());
}

#[test]
fn an_answer_that_does_not_end_well_is_one_failure_and_the_rest_is_judged() {
    let mut aborted = chat_stream();
    aborted.body.truncate(aborted.chunks[1].end);
    aborted.ending = Ending::Aborted("connection reset".into());
    let evaluation = evaluate("status: 200\nstream: { text: Hello, ends_with: '[DONE]' }", &aborted);
    assert_eq!(evaluation.failures[0].one_line(), "suites/a.yaml:2:11: the stream broke off after 2 events");
    assert_eq!(evaluation.failures[0].actual.as_deref(), Some("connection reset"));
    assert_eq!(evaluation.failures[1].what, "stream.ends_with should be \"[DONE]\"");
    assert_eq!(evaluation.failures.len(), 2);

    let mut late = chat_stream();
    late.ending = Ending::TimedOut;
    assert_eq!(
        failures("stream: { text: Hello }", &late),
        ["the stream did not end in the time allowed; 3 events came"]
    );

    let mut half = chat();
    half.body.truncate(20);
    half.ending = Ending::Aborted("unexpected end".into());
    assert_eq!(failures("$.object: x\n$.id: y", &half), ["the answer broke off after 20 bytes"]);
    assert_eq!(failures("status: 200", &half), ["the answer broke off after 20 bytes"]);

    let cut = answer("text/event-stream", "data: {}\n\ndata: {\"a\"");
    assert_eq!(
        failures("stream: { events: 1 }", &cut),
        ["the stream ended in the middle of an event, after 1 event"]
    );
}

#[test]
fn all_mistakes_are_found_before_anything_runs() {
    for (text, place, what, hint) in [
        ("staus: 200", "1:1", "`staus` is nothing that an answer has", "did you mean `status`?"),
        ("headers.x: 1", "1:1", "`headers.x` is nothing", "`header.content-type: …`"),
        ("choices[0].x: 1", "1:1", "is nothing that an answer has", "`$.choices[0].x`"),
        ("icontains: x", "1:1", "is nothing that an answer has", "is a predicate"),
        ("status: OK", "1:9", "a string is no HTTP status", "`status: 200`"),
        ("status: 42", "1:9", "42 is no HTTP status", "a number"),
        ("$.a: { contian: x }", "1:8", "there is no predicate `contian`", "did you mean `contain"),
        ("$.a: { role: x, b: y }", "1:8", "there is no predicate `role`", "`$.role`"),
        ("$.a: {}", "1:6", "an empty mapping expects nothing", "`eq: {}`"),
        ("$.a.: 1", "1:4", "`$.a.` is no JSONPath", "RFC 9535"),
        ("$.a-b: 1", "1:4", "`$.a-b` is no JSONPath", "['its-name']"),
        ("'$.{{ a }}': 1", "1:1", "a template cannot stand in a path", "any"),
        ("$.a: '{{ }}'", "1:7", "a template needs a name", "'{{'"),
        ("duration: 5s", "1:11", "is a time", "within"),
        ("stream: { evnts: 1 }", "1:11", "`evnts` is nothing that a stream has", "did you mean `events`?"),
        ("stream: true", "1:9", "`stream` takes a mapping", "events"),
        ("body: { $.a: 1 }", "1:9", "`body` is text", "`$`"),
        ("header.a b: 1", "1:1", "`a b` cannot be the name of a header", ""),
        ("lines: { each: { eqq: 1 } }", "1:18", "there is no predicate `eqq`", "did you mean `eq`?"),
        ("[status]", "1:1", "a mapping of expectations belongs here, not a list", "status: 200"),
    ] {
        let errors = mistakes(text);
        assert_eq!(errors.len(), if text.contains("role: x, b") { 2 } else { 1 }, "{text}: {errors:?}");
        let line = errors[0].one_line();
        assert!(
            line.starts_with(&format!("suites/a.yaml:{place}: ")) && line.contains(what),
            "{text}: {line}"
        );
        assert!(errors[0].hint.as_deref().unwrap_or_default().contains(hint), "{text}: {:?}", errors[0].hint);
    }
    let all = mistakes("staus: 1\n$.a[: { matches: '(', lenn: 2 }\nstream: { gap: 1, text: { in: x } }\n");
    assert_eq!(all.len(), 6, "{all:?}");
}

#[test]
fn captures_take_values_along() {
    let captures = node(
        "
id: $.choices[0].message.role
all: $.choices[*].index
code: status
type: header.content-type
text: body
word: { regex: 'is ([A-Z]\\w+)', from: '$.choices[0].message.content' }
object: { regex: '\"object\":' }
",
    );
    let captures = Captures::compile(&captures).unwrap();
    assert_eq!(captures.names().len(), 7);
    let mut scope = scope();
    assert_eq!(captures.apply(&chat(), &mut scope), []);
    for (name, value) in [
        ("id", json!("assistant")),
        ("all", json!([0])),
        ("code", json!(200)),
        ("type", json!("application/json")),
        ("word", json!("Saturn")),
        ("object", json!("\"object\":")),
    ] {
        assert_eq!(scope.get(name), Some(&value), "{name}");
    }
    let url = TextTemplate::compile(&node("/v1/{{ word | lower }}/{{ all.0 }}")).unwrap();
    assert_eq!(url.render(&scope).unwrap(), "/v1/saturn/0");

    let captures =
        Captures::compile(&node("{ text: stream.text, role: 'stream.first.choices[0].delta.role' }"))
            .unwrap();
    assert_eq!(captures.apply(&chat_stream(), &mut scope), []);
    assert_eq!((scope.get("text"), scope.get("role")), (Some(&json!("Hello")), Some(&json!("assistant"))));
}

#[test]
fn a_capture_that_finds_nothing_fails_and_the_others_are_taken() {
    let text =
        "a: $.idd\nb: $..index\nc: header.location\nd: { regex: 'Pluto' }\ne: $.object\nf: stream.text\n";
    let mut observed = chat();
    observed.body = json!({"id": "x", "index": 1, "object": "y", "sub": {"index": 2}}).to_string().into();
    let mut scope = Scope::default();
    let failures = Captures::compile(&node(text)).unwrap().apply(&observed, &mut scope);
    let lines: Vec<String> = failures.iter().map(Diagnostic::one_line).collect();
    assert_eq!(
        lines,
        [
            "suites/a.yaml:1:1: nothing captured as `a`: it is not in the answer",
            "suites/a.yaml:2:1: nothing captured as `b`: the path selects 2 values",
            "suites/a.yaml:3:1: nothing captured as `c`: it is not in the answer",
            "suites/a.yaml:4:1: nothing captured as `d`: it is not in the answer",
            "suites/a.yaml:6:1: nothing captured as `f`: the answer is no stream",
        ]
    );
    assert_eq!(failures[0].hint.as_deref(), Some("`$` has no `idd`; it has: id, index, sub, object"));
    assert_eq!(scope.get("e"), Some(&json!("y")));
    let errors = Captures::compile(&node(
        "{ a: id, b.c: $.x, d: [1], e: stream.txt, f: { regex: '(', from: x, to: y }, g: '$.[' }",
    ));
    assert_eq!(errors.unwrap_err().len(), 8);
}

#[test]
fn every_example_of_the_tables_compiles() {
    let mut seen = 0;
    for table in tables() {
        for entry in &table.entries {
            assert!(
                !entry.summary.is_empty()
                    && entry.example.contains(entry.name.split(['…', '<']).next().unwrap())
            );
            match table.title {
                "Subjects" => drop(compile(entry.example)),
                "Predicates" => drop(compile(&format!("$.a: {}", entry.example))),
                "Fields of a stream" => drop(compile(&format!("stream: {{ {} }}", entry.example))),
                "Captures" => drop(Captures::compile(&node(entry.example)).unwrap()),
                _ => drop(TextTemplate::compile(&node(&format!("'{}'", entry.example))).unwrap()),
            }
            seen += 1;
        }
    }
    assert!(seen > 40);
}
