//! What is documented, what inspect lists and what is served are the same.

use crate::fake_provider::FakeProvider;
use crate::stack::{Stack, provider};
use reqwest::Method;
use serde_json::{Value, json};
use stack_test::starter::StarterConfig;
use std::collections::BTreeSet;

fn listed(routes: &Value) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let data = routes["data"].as_array().unwrap();
    data.iter().map(|route| (text(&route["method"]), text(&route["route"]))).collect()
}

fn documented(document: &Value) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        all.extend(item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    all
}

#[tokio::test]
async fn the_document_inspect_and_the_server_agree() {
    let stack = Stack::start().await;
    let (_, routes) = stack.get("/v1/inspect/routes").await;
    let (_, document) = stack.get("/openapi.json").await;
    let listed = listed(&routes);
    assert_eq!(listed, documented(&document));
    assert_eq!(listed.len(), 20);
    for (method, route) in &listed {
        let path = route.replace(['{', '}'], "");
        let method: Method = method.parse().unwrap();
        let answer = stack.request(method.clone(), &path).send().await.unwrap();
        let (status, body) = crate::stack::read(answer).await;
        let code = &body["error"]["code"];
        assert!(status != 405 && *code != "unknown_url", "{method} {route}: {status} {body}");
        let wrong = stack.request(Method::PATCH, &path).send().await.unwrap();
        let (status, body) = crate::stack::read(wrong).await;
        assert_eq!((status, &body["error"]["code"]), (405, &json!("method_not_supported")), "{route}");
    }
}

#[tokio::test]
async fn references_in_the_document_lead_somewhere_and_ids_are_unique() {
    let stack = Stack::start().await;
    let (_, document) = stack.get("/openapi.json").await;
    let mut found = 0;
    let mut todo = vec![&document];
    while let Some(value) = todo.pop() {
        match value {
            Value::Object(members) => todo.extend(members.values()),
            Value::Array(items) => todo.extend(items),
            Value::String(text) if text.starts_with("#/") => {
                assert!(document.pointer(&text[1..]).is_some(), "{text} leads nowhere");
                found += 1;
            }
            _ => {}
        }
    }
    assert!(found > 20, "only {found} references");
    let items = document["paths"].as_object().unwrap().values();
    let operations: Vec<_> = items.flat_map(|item| item.as_object().unwrap().values()).collect();
    let ids: BTreeSet<_> = operations.iter().map(|it| it["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len(), "an operation id is there twice: {ids:?}");
}

#[tokio::test]
async fn only_what_was_asked_for_is_served() {
    let fake = FakeProvider::start().await;
    let providers = vec![provider("openai", &fake.url)];
    let config = StarterConfig { providers, apis: Some(vec!["inference".to_owned()]) };
    let stack = Stack::with(fake, config).await;
    let (_, routes) = stack.get("/v1/inspect/routes").await;
    assert!(listed(&routes).iter().all(|(_, route)| !route.contains("files") && !route.contains("batches")));
    let (status, error) = stack.get("/v1/files").await;
    assert_eq!((status, &error["error"]["code"]), (404, &json!("unknown_url")));
    assert_eq!(stack.get("/v1/providers").await.1["data"].as_array().unwrap().len(), 1);
    let chat = routes["data"].as_array().unwrap().iter().find(|it| it["route"] == "/v1/chat/completions");
    assert_eq!(chat.unwrap()["provider_types"], json!(["remote::openai"]));
}

#[tokio::test]
async fn health_and_version_are_llama_stacks() {
    let stack = Stack::start().await;
    assert_eq!(stack.get("/v1/health").await, (200, json!({"status": "OK"})));
    let version = json!({"version": env!("CARGO_PKG_VERSION"), "server": "stack-test"});
    assert_eq!(stack.get("/v1/version").await, (200, version));
    let (status, error) = stack.get("/v1/nothing/here").await;
    let expected = json!({"error": {
        "message": "Unknown request URL: GET /v1/nothing/here.",
        "type": "invalid_request_error", "param": null, "code": "unknown_url",
    }});
    assert_eq!((status, error), (404, expected));
    let (status, error) = stack.get("/v1/models/%ff").await;
    assert_eq!(status, 404, "{error}");
    assert!(error["error"]["message"].is_string());
}
