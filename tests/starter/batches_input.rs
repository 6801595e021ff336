//! What can be wrong with the file of a batch: the batch ends `failed` with every mistake, and nothing is asked of a
//! provider.

use crate::stack::{CHAT, Stack, chat, create, jsonl, line};
use serde_json::{Value, json};

/// A file, and the mistakes in it as (code, line, param, a part of the message).
type Case = (&'static str, String, Vec<(&'static str, u64, Option<&'static str>, &'static str)>);

fn without(name: &str) -> Value {
    let mut line = line(&format!("no-{name}"), "hi");
    line.as_object_mut().unwrap().shift_remove(name);
    line
}

fn with_body(name: &str, value: Value) -> Value {
    let mut line = line(name, "hi");
    line["body"][name] = value;
    line
}

fn without_body(id: &str, name: &str) -> Value {
    let mut line = line(id, "hi");
    line["body"].as_object_mut().unwrap().shift_remove(name);
    line
}

fn cases() -> Vec<Case> {
    let mut mismatch = line("mismatch", "hi");
    mismatch["url"] = json!("/v1/embeddings");
    let mut get = line("get", "hi");
    get["method"] = json!("GET");
    let mut number = line("number", "hi");
    number["custom_id"] = json!(7);
    let missing = ["custom_id", "method", "url", "body"];
    vec![
        (
            "malformed_jsonl",
            format!("{}\n{{invalid json here", line("valid", "hi")),
            vec![("invalid_json_line", 2, None, "not parseable as valid JSON")],
        ),
        (
            "missing_required_fields",
            jsonl(&missing.map(without)),
            (1..)
                .zip(missing)
                .map(|(at, name)| ("missing_required_parameter", at, Some(name), name))
                .collect(),
        ),
        (
            "streaming_not_supported",
            jsonl(&[with_body("stream", json!(true))]),
            vec![("streaming_unsupported", 1, Some("body.stream"), "not supported")],
        ),
        (
            "mixed_streaming_requests",
            jsonl(&[line("plain", "hi"), with_body("stream", json!(true))]),
            vec![("streaming_unsupported", 2, Some("body.stream"), "Streaming")],
        ),
        (
            "endpoint_mismatch",
            jsonl(&[mismatch]),
            vec![("invalid_url", 1, Some("url"), "does not match the batch endpoint")],
        ),
        (
            "error_handling_invalid_model",
            jsonl(&[with_body("model", json!("nonexistent-model-xyz"))]),
            vec![("model_not_found", 1, Some("body.model"), "not supported")],
        ),
        (
            "missing_required_body_fields",
            jsonl(&[without_body("a", "model"), without_body("b", "messages")]),
            vec![
                ("invalid_request", 1, Some("body.model"), "Model parameter is required"),
                ("invalid_request", 2, Some("body.messages"), "Messages parameter is required"),
            ],
        ),
        ("not an object", "[]\n".into(), vec![("invalid_request", 1, None, "JSON object")]),
        ("blank lines count", "\n\r\n7\n".into(), vec![("invalid_request", 3, None, "JSON object")]),
        ("wrong method", jsonl(&[get]), vec![("invalid_method", 1, Some("method"), "POST")]),
        ("wrong type", jsonl(&[number]), vec![("invalid_request", 1, Some("custom_id"), "a string")]),
        (
            "wrong body type",
            jsonl(&[with_body("messages", json!("hi"))]),
            vec![("invalid_request", 1, Some("body.messages"), "type")],
        ),
        (
            "one id twice",
            jsonl(&[line("a", "hi"), line("a", "ho")]),
            vec![("duplicate_custom_id", 2, Some("custom_id"), "'a'")],
        ),
        (
            "a body twice",
            format!(
                r#"{{"custom_id":"a","method":"POST","url":"{CHAT}","body":{{}},"body":{}}}"#,
                chat("hi")
            ),
            vec![("invalid_request", 1, Some("body"), "twice")],
        ),
    ]
}

#[tokio::test]
async fn each_mistake_is_named_with_its_line_and_member() {
    let stack = Stack::start().await;
    for (name, file, mistakes) in cases() {
        let id = stack.batch_file(&file).await;
        let ended = stack.ended(&stack.post("/v1/batches", &create(&id, CHAT)).await.1).await;
        assert_eq!(ended["status"], "failed", "{name}");
        assert!(ended["failed_at"].is_u64(), "{name}");
        assert_eq!(ended["errors"]["object"], "list");
        let errors = ended["errors"]["data"].as_array().unwrap();
        assert_eq!(errors.len(), mistakes.len(), "{name}: {errors:?}");
        for (error, (code, line, param, words)) in errors.iter().zip(mistakes) {
            assert_eq!(
                (&error["code"], &error["line"], &error["param"]),
                (&json!(code), &json!(line), &json!(param))
            );
            assert!(error["message"].as_str().unwrap().contains(words), "{name}: {error}");
        }
    }
    assert!(stack.fake.calls().is_empty());
}

#[tokio::test]
async fn a_file_that_is_not_there_or_empty_fails_the_batch() {
    let stack = Stack::start().await;
    let gone = stack.batch_file(&jsonl(&[line("a", "hi")])).await;
    assert_eq!(stack.delete(&format!("/v1/files/{gone}")).await.0, 200);
    let deleted = stack.post("/v1/batches", &create(&gone, CHAT)).await.1;
    let never = stack.post("/v1/batches", &create("file-nonexistent-xyz", CHAT)).await.1;
    for batch in [deleted, never] {
        let ended = stack.ended(&batch).await;
        let error = &ended["errors"]["data"][0];
        assert_eq!(
            (&ended["status"], &error["code"], &error["line"]),
            (&json!("failed"), &json!("invalid_request"), &Value::Null)
        );
        assert!(error["message"].as_str().unwrap().starts_with("Cannot find file"), "{error}");
    }
    let empty = stack.batch_file("").await;
    let ended = stack.ended(&stack.post("/v1/batches", &create(&empty, CHAT)).await.1).await;
    assert_eq!(ended["errors"]["data"][0]["code"], "empty_file");
    assert!(stack.fake.calls().is_empty());
}

#[tokio::test]
async fn a_file_of_nothing_but_mistakes_is_not_answered_with_a_longer_one() {
    let stack = Stack::start().await;
    let id = stack.batch_file(&"x\n".repeat(5_000)).await;
    let ended = stack.ended(&stack.post("/v1/batches", &create(&id, CHAT)).await.1).await;
    assert_eq!(ended["errors"]["data"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn the_body_of_a_request_goes_out_as_it_was_written() {
    let stack = Stack::start().await;
    let body = r#"{ "z":1.50e1, "model":"openai/chatty","messages":[ {"role":"user","content":"\u00e9"}]}"#;
    let file = format!(r#"{{"custom_id":"a","url":"{CHAT}","body":{body},"method":"POST"}}"#);
    let id = stack.batch_file(&file).await;
    let ended = stack.ended(&stack.post("/v1/batches", &create(&id, CHAT)).await.1).await;
    assert_eq!(ended["status"], "completed");
    assert_eq!(stack.fake.calls()[0].body, body.replace("openai/", ""));
}
