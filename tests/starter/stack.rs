//! An embedded stack in front of a fake provider, and what a client does with it.

use crate::fake_provider::FakeProvider;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use stack_test::model::Secret;
use stack_test::starter::{ProviderConfig, Running, StarterConfig, serve};
use std::time::Duration;
use tokio::net::TcpListener;

pub(crate) struct Stack {
    pub(crate) running: Running,
    pub(crate) fake: FakeProvider,
    pub(crate) client: Client,
}

pub(crate) const CHAT: &str = "/v1/chat/completions";

pub(crate) fn provider(id: &str, base_url: &str) -> ProviderConfig {
    ProviderConfig {
        id: id.to_owned(),
        provider_type: format!("remote::{id}"),
        base_url: base_url.to_owned(),
        api_key: Some(Secret::new(format!("{id}-own-key"))),
    }
}

impl Stack {
    /// A stack with the provider `openai`.
    pub(crate) async fn start() -> Self {
        let fake = FakeProvider::start().await;
        let config = StarterConfig { providers: vec![provider("openai", &fake.url)], apis: None };
        Self::with(fake, config).await
    }

    pub(crate) async fn with(fake: FakeProvider, config: StarterConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let running = serve(listener, config).await.unwrap();
        let client = Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        Self { running, fake, client }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.running.addr()))
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        read(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        read(self.request(Method::DELETE, path).send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.post_text(path, &body.to_string()).await
    }

    pub(crate) async fn post_text(&self, path: &str, body: &str) -> (u16, Value) {
        read(self.request(Method::POST, path).body(body.to_owned()).send().await.unwrap()).await
    }

    pub(crate) async fn upload(
        &self,
        name: &str,
        purpose: &str,
        content: impl Into<Vec<u8>>,
    ) -> (u16, Value) {
        let part = Part::bytes(content.into()).file_name(name.to_owned());
        let form = Form::new().text("purpose", purpose.to_owned()).part("file", part);
        read(self.request(Method::POST, "/v1/files").multipart(form).send().await.unwrap()).await
    }

    /// Uploads `content` as a batch file; its id.
    pub(crate) async fn batch_file(&self, content: &str) -> String {
        let (status, file) = self.upload("batch.jsonl", "batch", content).await;
        assert_eq!(status, 200, "{file}");
        file["id"].as_str().unwrap().to_owned()
    }

    /// Creates a batch of `lines`.
    pub(crate) async fn batch(&self, endpoint: &str, lines: &[Value]) -> Value {
        let file = self.batch_file(&jsonl(lines)).await;
        let (status, batch) = self.post("/v1/batches", &create(&file, endpoint)).await;
        assert_eq!(status, 200, "{batch}");
        batch
    }

    /// The batch once it has ended. The API has nothing but asking again.
    pub(crate) async fn ended(&self, batch: &Value) -> Value {
        let path = format!("/v1/batches/{}", batch["id"].as_str().unwrap());
        let asking = async {
            loop {
                let (_, batch) = self.get(&path).await;
                if ["completed", "failed", "cancelled"].contains(&batch["status"].as_str().unwrap()) {
                    return batch;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        soon(asking).await
    }

    /// The lines of the file that `batch` has as `which`.
    pub(crate) async fn lines(&self, batch: &Value, which: &str) -> Vec<Value> {
        let path = format!("/v1/files/{}/content", batch[which].as_str().unwrap());
        let text = self.request(Method::GET, &path).send().await.unwrap().text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// What `work` ends with, which it does at once unless something is broken.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), work).await.expect("it takes too long")
}

pub(crate) async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

pub(crate) fn jsonl(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

pub(crate) fn create(file: &str, endpoint: &str) -> Value {
    json!({"input_file_id": file, "endpoint": endpoint, "completion_window": "24h"})
}

pub(crate) fn chat(content: &str) -> Value {
    json!({"model": "openai/chatty", "messages": [{"role": "user", "content": content}]})
}

/// A line of a batch of chat completions.
pub(crate) fn line(id: &str, content: &str) -> Value {
    json!({"custom_id": id, "method": "POST", "url": CHAT, "body": chat(content)})
}
