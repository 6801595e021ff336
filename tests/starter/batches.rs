//! The life of a batch: what OpenAI's batches and the 24 cases of Llama Stack's suite promise, except for what is wrong
//! with an input file (see `batches_input.rs`).

use crate::stack::{CHAT, Stack, create, jsonl, line, soon};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn creation_and_retrieval() {
    let stack = Stack::start().await;
    let file = stack.batch_file(&jsonl(&[line("request-1", "hi")])).await;
    let mut request = create(&file, CHAT);
    request["metadata"] = json!({"test_type": "comprehensive", "version": "1.0"});
    let (status, batch) = stack.post("/v1/batches", &request).await;
    assert_eq!(status, 200);
    assert!(batch["id"].as_str().unwrap().starts_with("batch_"));
    let expected = json!({"object": "batch", "endpoint": CHAT, "input_file_id": file, "completion_window": "24h",
        "status": "validating", "metadata": request["metadata"], "errors": null, "output_file_id": null,
        "request_counts": {"total": 0, "completed": 0, "failed": 0}});
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(batch[name], *value, "{name}");
    }
    let (status, again) = stack.get(&format!("/v1/batches/{}", batch["id"].as_str().unwrap())).await;
    assert_eq!((status, &again["id"], &again["metadata"]), (200, &batch["id"], &batch["metadata"]));
    stack.ended(&batch).await;
}

#[tokio::test]
async fn listing_is_newest_first_and_in_pages() {
    let stack = Stack::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.insert(0, stack.batch(CHAT, &[line("a", "hi")]).await["id"].clone());
    }
    let listed =
        |list: &Value| list["data"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect::<Vec<_>>();
    let (_, all) = stack.get("/v1/batches").await;
    assert_eq!(
        (listed(&all), &all["object"], &all["has_more"]),
        (ids.clone(), &json!("list"), &json!(false))
    );
    let (_, first) = stack.get("/v1/batches?limit=2").await;
    assert_eq!((listed(&first), &first["has_more"]), (ids[..2].to_vec(), &json!(true)));
    assert_eq!((&first["first_id"], &first["last_id"]), (&ids[0], &ids[1]));
    let (_, second) = stack.get(&format!("/v1/batches?after={}", ids[1].as_str().unwrap())).await;
    assert_eq!((listed(&second), &second["has_more"]), (ids[2..].to_vec(), &json!(false)));
    for query in ["limit=0", "limit=101", "after=batch_none"] {
        assert_eq!(stack.get(&format!("/v1/batches?{query}")).await.0, 400, "{query}");
    }
}

async fn cancel(stack: &Stack, batch: &Value) -> (u16, Value) {
    let path = format!("/v1/batches/{}/cancel", batch["id"].as_str().unwrap());
    crate::stack::read(stack.request(Method::POST, &path).send().await.unwrap()).await
}

#[tokio::test]
async fn immediate_cancellation_asks_the_provider_nothing() {
    let stack = Stack::start().await;
    let batch = stack.batch(CHAT, &[line("a", "wait")]).await;
    let (status, cancelling) = cancel(&stack, &batch).await;
    assert_eq!((status, &cancelling["status"]), (200, &json!("cancelling")));
    assert!(cancelling["cancelling_at"].is_u64());
    let ended = stack.ended(&batch).await;
    assert_eq!(ended["status"], "cancelled");
    assert!(ended["cancelled_at"].is_u64());
    assert_eq!(cancel(&stack, &batch).await.1["status"], "cancelled", "cancelling twice is no error");
    // On a machine that stood still for a while it may have begun.
    assert!(ended["in_progress_at"].is_u64() || stack.fake.calls().is_empty());
}

#[tokio::test]
async fn cancelling_keeps_the_answers_that_came() {
    let stack = Stack::start().await;
    let batch = stack.batch(CHAT, &[line("done", "hi"), line("stuck", "wait")]).await;
    soon(stack.fake.arrived.acquire()).await.unwrap().forget();
    let path = format!("/v1/batches/{}", batch["id"].as_str().unwrap());
    soon(async { while stack.get(&path).await.1["request_counts"]["completed"] != 1 {} }).await;
    assert_eq!(cancel(&stack, &batch).await.0, 200);
    let ended = stack.ended(&batch).await;
    assert_eq!((&ended["status"], &ended["completed_at"]), (&json!("cancelled"), &Value::Null));
    let output = stack.lines(&ended, "output_file_id").await;
    assert_eq!((output.len(), &output[0]["custom_id"]), (1, &json!("done")));
}

#[tokio::test]
async fn end_to_end_with_answers_and_refusals_in_the_order_of_the_input() {
    let stack = Stack::start().await;
    // The first one answers last.
    let lines = [line("slow", "wait"), line("refused", "refuse"), line("quick", "hi")];
    let file = stack.batch_file(&jsonl(&lines)).await;
    let body = create(&file, CHAT).to_string();
    let request = stack.request(Method::POST, "/v1/batches").header("baggage", "stack-test.case=s::c");
    let request = request
        .header("traceparent", "00-1-2-01")
        .header("x-ogx-provider-data", r#"{"openai_api_key":"mine"}"#);
    let (_, batch) = crate::stack::read(request.body(body).send().await.unwrap()).await;
    soon(stack.fake.arrived.acquire()).await.unwrap().forget();
    soon(async {
        while stack.fake.calls().len() < 3 {
            tokio::task::yield_now().await
        }
    })
    .await;
    stack.fake.gate.add_permits(1);
    let ended = stack.ended(&batch).await;
    assert_eq!((&ended["status"], &ended["errors"]), (&json!("completed"), &Value::Null));
    assert_eq!(ended["request_counts"], json!({"total": 3, "completed": 2, "failed": 1}));
    for time in ["in_progress_at", "finalizing_at", "completed_at", "expires_at"] {
        assert!(ended[time].is_u64(), "{time}");
    }
    let output = stack.lines(&ended, "output_file_id").await;
    assert_eq!(
        output.iter().map(|line| line["custom_id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["slow", "quick"]
    );
    assert_eq!((&output[0]["error"], &output[0]["response"]["status_code"]), (&Value::Null, &json!(200)));
    assert_eq!(output[0]["response"]["body"]["choices"][0]["message"]["content"], "hi");
    assert_eq!(output[0]["response"]["body"]["model"], "openai/chatty");
    assert!(output[0]["id"].as_str().unwrap().starts_with("batch_req_"));
    let errors = stack.lines(&ended, "error_file_id").await;
    assert_eq!((errors.len(), &errors[0]["custom_id"]), (1, &json!("refused")));
    assert_eq!(errors[0]["response"]["status_code"], 429);
    assert!(errors[0]["error"]["message"].as_str().unwrap().contains("too much"));
    for call in stack.fake.calls() {
        assert_eq!(call.header("baggage"), Some("stack-test.case=s::c"));
        assert_eq!(call.header("traceparent"), Some("00-1-2-01"));
        assert_eq!(call.header("authorization"), Some("Bearer mine"));
    }
}

#[tokio::test]
async fn end_to_end_for_the_other_endpoints() {
    let stack = Stack::start().await;
    for (endpoint, subject, values) in [
        ("/v1/completions", "prompt", [json!("a"), json!(["a", "b"])]),
        ("/v1/embeddings", "input", [json!("a"), json!(["a", "b"])]),
    ] {
        let lines: Vec<_> = values
            .into_iter()
            .enumerate()
            .map(|(index, value)| {
                let body = json!({"model": "openai/chatty", subject: value});
                json!({"custom_id": format!("r{index}"), "method": "POST", "url": endpoint, "body": body})
            })
            .collect();
        let ended = stack.ended(&stack.batch(endpoint, &lines).await).await;
        assert_eq!(ended["request_counts"], json!({"total": 2, "completed": 2, "failed": 0}), "{ended}");
        assert_eq!(ended["error_file_id"], Value::Null);
        assert_eq!(stack.lines(&ended, "output_file_id").await.len(), 2);
        assert_eq!(stack.fake.calls().last().unwrap().path, endpoint);
    }
}

#[tokio::test]
async fn requests_run_side_by_side_but_not_all_at_once() {
    let stack = Stack::start().await;
    let lines: Vec<_> = (0..12).map(|index| line(&format!("r{index}"), "wait")).collect();
    let batch = stack.batch(CHAT, &lines).await;
    soon(stack.fake.arrived.acquire_many(10)).await.unwrap().forget();
    assert_eq!(stack.fake.calls().len(), 10);
    stack.fake.gate.add_permits(12);
    assert_eq!(stack.ended(&batch).await["request_counts"]["completed"], 12);
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_refused() {
    let stack = Stack::start().await;
    let with = |name: &str, value: Value| {
        let mut body = create("file-x", CHAT);
        body[name] = value;
        body
    };
    let endpoints = "'/v1/chat/completions', '/v1/completions', '/v1/embeddings'";
    let cases = [
        (with("endpoint", json!("/v1/invalid/endpoint")), "endpoint", "invalid_value", endpoints),
        (with("completion_window", json!("48h")), "completion_window", "invalid_value", "'24h'"),
        (with("completion_window", json!("")), "completion_window", "invalid_value", "'24h'"),
        (with("metadata", json!({"tags": ["a"]})), "metadata.tags", "invalid_type", "expected a string"),
        (with("metadata", json!([])), "metadata", "invalid_type", "an object"),
        (with("metadata", json!({"k": "v".repeat(513)})), "metadata.k", "string_above_max_length", "512"),
        (json!({"endpoint": CHAT}), "input_file_id", "missing_required_parameter", "input_file_id"),
    ];
    for (body, param, code, words) in cases {
        let (status, error) = stack.post("/v1/batches", &body).await;
        assert_eq!(
            (status, &error["error"]["param"], &error["error"]["code"]),
            (400, &json!(param), &json!(code))
        );
        assert!(error["error"]["message"].as_str().unwrap().contains(words), "{error}");
    }
    assert_eq!(stack.get("/v1/batches").await.1["data"], json!([]));
}

#[tokio::test]
async fn what_there_is_not_cannot_be_retrieved_or_cancelled() {
    let stack = Stack::start().await;
    let none = json!({"id": "batch-nonexistent-xyz"});
    let (status, error) = stack.get("/v1/batches/batch-nonexistent-xyz").await;
    assert_eq!((status, cancel(&stack, &none).await), (404, (404, error.clone())));
    assert_eq!(error["error"]["message"], "No batch found with id 'batch-nonexistent-xyz'.");
}

#[tokio::test]
async fn what_has_ended_cannot_be_cancelled() {
    let stack = Stack::start().await;
    let completed = stack.ended(&stack.batch(CHAT, &[line("a", "hi")]).await).await;
    let failed = stack.ended(&stack.post("/v1/batches", &create("file-none", CHAT)).await.1).await;
    for (batch, status) in [(completed, "completed"), (failed, "failed")] {
        let (code, error) = cancel(&stack, &batch).await;
        let expected = format!("Cannot cancel a batch with status '{status}'.");
        assert_eq!((code, &error["error"]["message"]), (409, &json!(expected)));
    }
}

#[tokio::test]
async fn one_idempotency_key_is_one_batch() {
    let stack = Stack::start().await;
    let request = |file: &str, metadata: &str| {
        let metadata: Value = serde_json::from_str(metadata).unwrap();
        let mut body = create(file, CHAT);
        body["metadata"] = metadata;
        body["idempotency_key"] = json!("token-1");
        body
    };
    let (_, first) = stack.post("/v1/batches", &request("bogus", r#"{"a":"1","b":"2"}"#)).await;
    let (_, same) = stack.post("/v1/batches", &request("bogus", r#"{"b":"2","a":"1"}"#)).await;
    assert_eq!((&first["id"], &first["created_at"]), (&same["id"], &same["created_at"]));
    for other in [request("bogus-2", r#"{"a":"1","b":"2"}"#), request("bogus", r#"{"a":"1"}"#)] {
        let (status, error) = stack.post("/v1/batches", &other).await;
        assert_eq!((status, &error["error"]["code"]), (409, &json!("conflict")), "{error}");
    }
    assert_eq!(stack.get("/v1/batches").await.1["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_that_only_its_turn_shows_to_be_wrong_goes_to_the_error_file() {
    let stack = Stack::start().await;
    let mut wrong = line("wrong", "hi");
    wrong["body"]["temperature"] = json!("hot");
    let ended = stack.ended(&stack.batch(CHAT, &[wrong, line("right", "hi")]).await).await;
    assert_eq!(ended["request_counts"], json!({"total": 2, "completed": 1, "failed": 1}));
    let errors = stack.lines(&ended, "error_file_id").await;
    assert_eq!(
        (&errors[0]["error"]["code"], &errors[0]["response"]["status_code"]),
        (&json!("invalid_type"), &json!(400))
    );
    assert_eq!(stack.fake.calls().len(), 1);
}
