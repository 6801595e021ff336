//! Models and providers: asked for once, named `provider/model`.

use crate::fake_provider::FakeProvider;
use crate::stack::{CHAT, Stack, chat, provider, soon};
use axum::http::StatusCode;
use serde_json::{Value, json};
use stack_test::starter::StarterConfig;

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn models_are_listed_once_and_found_by_full_or_unique_bare_id() {
    let stack = Stack::start().await;
    let (_, list) = stack.get("/v1/models").await;
    assert_eq!(ids(&list), ["openai/chatty", "openai/org/tiny:1b"]);
    let (status, model) = stack.get("/v1/models/openai/org/tiny:1b").await;
    assert_eq!((status, &model["custom_metadata"]["provider_resource_id"]), (200, &json!("org/tiny:1b")));
    let (status, model) = stack.get("/v1/models/openai%2Fchatty").await;
    assert_eq!((status, &model["created"]), (200, &json!(7)));
    assert_eq!(stack.get("/v1/models/chatty").await.1["id"], "openai/chatty");
    let (status, error) = stack.get("/v1/models/openai/none").await;
    assert_eq!((status, &error["error"]["code"]), (404, &json!("model_not_found")));
    let calls = stack.fake.all_calls();
    assert_eq!(calls.len(), 1, "one list of models: {calls:?}");
    assert_eq!(calls[0].header("authorization"), Some("Bearer openai-own-key"));
    assert_eq!(calls[0].header("baggage"), None);
}

#[tokio::test]
async fn a_bare_id_that_two_providers_have_is_unknown() {
    let (one, two) = (FakeProvider::start().await, FakeProvider::start().await);
    let providers = vec![provider("openai", &one.url), provider("vllm", &two.url)];
    let stack = Stack::with(one, StarterConfig { providers, apis: None }).await;
    let mut body = chat("hi");
    body["model"] = json!("chatty");
    let (status, error) = stack.post(CHAT, &body).await;
    assert_eq!((status, &error["error"]["code"]), (404, &json!("model_not_found")));
    body["model"] = json!("vllm/chatty");
    assert_eq!(stack.post(CHAT, &body).await.0, 200);
    assert_eq!((stack.fake.calls().len(), two.calls().len()), (0, 1));
}

#[tokio::test]
async fn a_provider_that_fails_is_shown_and_asked_again() {
    let fake = FakeProvider::start().await;
    fake.next_models(StatusCode::INTERNAL_SERVER_ERROR, "no");
    fake.next_models(StatusCode::OK, r#"{"data":null}"#);
    let providers = vec![provider("openai", &fake.url), provider("ollama", "http://127.0.0.1:1/v1")];
    let stack = Stack::with(fake, StarterConfig { providers, apis: None }).await;
    let (_, list) = stack.get("/v1/providers").await;
    let health = |index: usize| &list["data"][index]["health"];
    assert_eq!(health(0)["message"], "GET /models was answered with 500 Internal Server Error");
    assert_eq!((&health(1)["status"], &health(2)["status"]), (&json!("Error"), &json!("OK")));
    assert!(!list.to_string().contains("own-key"), "{list}");
    let asking = async {
        while stack.get("/v1/providers/openai").await.1["health"]["status"] != "OK" {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    soon(asking).await;
    assert_eq!(ids(&stack.get("/v1/models").await.1), Vec::<&str>::new());
}

#[tokio::test]
async fn a_provider_that_is_down_is_a_502_that_names_it() {
    let fake = FakeProvider::start().await;
    let providers = vec![provider("ollama", "http://user:pass@127.0.0.1:1/v1")];
    let stack = Stack::with(fake, StarterConfig { providers, apis: None }).await;
    let mut body = chat("hi");
    body["model"] = json!("ollama/llama3.2");
    let (status, error) = stack.post(CHAT, &body).await;
    let message = error["error"]["message"].as_str().unwrap();
    assert_eq!((status, &error["error"]["code"]), (502, &json!("provider_unreachable")));
    assert!(message.contains("`ollama` cannot be reached"), "{message}");
    let shown = stack.get("/v1/providers").await.1.to_string() + message;
    assert!(!shown.contains("pass") && !shown.contains("own-key"), "{shown}");
}
