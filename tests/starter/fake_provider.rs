//! A provider that records what it is asked and answers as the test says.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A streamed answer, piece by piece. An error breaks the connection off.
pub(crate) type Pieces = mpsc::Receiver<io::Result<Bytes>>;

#[derive(Default)]
struct Inner {
    calls: Mutex<Vec<Call>>,
    streams: Mutex<VecDeque<Pieces>>,
    models: Mutex<VecDeque<(StatusCode, String)>>,
}

#[derive(Clone)]
pub(crate) struct FakeProvider {
    pub(crate) url: String,
    inner: Arc<Inner>,
    /// Lets one request whose subject is `wait` through per permit.
    pub(crate) gate: Arc<Semaphore>,
    /// Gets a permit for each request whose subject is `wait` when it arrives.
    pub(crate) arrived: Arc<Semaphore>,
    /// Gets a permit for each of them that is over, answered or not.
    pub(crate) left: Arc<Semaphore>,
}

pub(crate) const MODELS: &str = r#"{"object":"list","data":[{"id":"chatty","object":"model","created":7,"owned_by":"me"},{"id":"org/tiny:1b","object":"model"}]}"#;

/// The answer to whatever is not special: odd numbers and white space to see that they stay.
pub(crate) const ANSWER: &str = "{\n \"id\": \"x-1\", \"n\": 1.50, \"model\": \"chatty\", \"choices\": [{\"index\": 0, \"text\": \"hi\", \"message\": {\"role\": \"assistant\", \"content\": \"hi\"}}], \"data\": [{\"embedding\": [0.10]}]}";
pub(crate) const REFUSAL: &str =
    r#"{"error":{"message":"too much","type":"odd","param":null,"code":1.0},"model":"chatty"}"#;

impl FakeProvider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let fake = Self {
            url,
            inner: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            arrived: Arc::new(Semaphore::new(0)),
            left: Arc::new(Semaphore::new(0)),
        };
        let router = Router::new().fallback(answer).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    /// Everything asked so far, except for the lists of models.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.all_calls().into_iter().filter(|call| call.path != "/v1/models").collect()
    }

    pub(crate) fn all_calls(&self) -> Vec<Call> {
        self.inner.calls.lock().unwrap().clone()
    }

    /// The next streamed answer is what is sent to the returned end.
    pub(crate) fn next_stream(&self) -> mpsc::Sender<io::Result<Bytes>> {
        let (sender, receiver) = mpsc::channel(8);
        self.inner.streams.lock().unwrap().push_back(receiver);
        sender
    }

    /// The next list of models is this, instead of [`MODELS`].
    pub(crate) fn next_models(&self, status: StatusCode, body: &str) {
        self.inner.models.lock().unwrap().push_back((status, body.to_owned()));
    }

    fn models(&self) -> Response {
        let next = self.inner.models.lock().unwrap().pop_front();
        next.unwrap_or((StatusCode::OK, MODELS.to_owned())).into_response()
    }

    fn stream(&self) -> Response {
        let pieces = self.inner.streams.lock().unwrap().pop_front().expect("no stream was prepared");
        let body = stream::unfold(pieces, |mut pieces| async { Some((pieces.recv().await?, pieces)) });
        ([("content-type", "text/event-stream; charset=utf-8")], Body::from_stream(body)).into_response()
    }
}

async fn answer(State(fake): State<FakeProvider>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let call = Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    fake.inner.calls.lock().unwrap().push(call.clone());
    if call.path == "/v1/models" {
        return fake.models();
    }
    let body: Value = serde_json::from_str(&call.body).unwrap();
    if body["stream"] == true {
        return fake.stream();
    }
    match body["messages"][0]["content"].as_str().or(body["prompt"].as_str()) {
        Some("refuse") => {
            let headers =
                [("content-type", "application/problem+json"), ("retry-after", "3"), ("x-secret", "s")];
            (StatusCode::TOO_MANY_REQUESTS, headers, REFUSAL).into_response()
        }
        Some("redirect") => (StatusCode::FOUND, [("location", "/v1/elsewhere")]).into_response(),
        Some("wait") => {
            let _leaving = Leaving(fake.left.clone());
            fake.arrived.add_permits(1);
            fake.gate.acquire().await.unwrap().forget();
            ([("content-type", "application/json")], ANSWER).into_response()
        }
        _ => ([("content-type", "application/json")], ANSWER).into_response(),
    }
}

struct Leaving(Arc<Semaphore>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}
