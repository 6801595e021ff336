//! The gateway between real sockets: a provider of the test's own on one side, reqwest on the other.

use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use stack_test::gateway::{Error, Gateway, GatewayConfig, MISS_STATUS, NOTE, Upstream, start};
use stack_test::model::{CaseId, Decided, InferenceMode, Secret, Traffic};
use stack_test::wire::dialect::by_name;
use stack_test::wire::trace::baggage;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// A provider that answers with what `script` gives for the number of the request and its text, byte for byte; it
/// hangs up after each answer. `|` in the script waits for a permit of `gate`, `!` resets the connection.
struct Provider {
    url: String,
    connections: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

type Script = fn(usize, &str) -> String;

async fn provider(script: Script) -> Provider {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (connections, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let (count, permits) = (Arc::clone(&connections), Arc::clone(&gate));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let number = count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream, number, script, Arc::clone(&permits)));
        }
    });
    Provider { url, connections, gate }
}

async fn serve(mut stream: TcpStream, number: usize, script: Script, gate: Arc<Semaphore>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let Some(head) = text.find("\r\n\r\n") else { continue };
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        if read == 0 || request.len() >= head + 4 + length.unwrap_or(0) {
            break;
        }
    }
    let answer = script(number, &String::from_utf8_lossy(&request));
    for piece in answer.split_inclusive(['|', '!']) {
        let _client_left = stream.write_all(piece.trim_end_matches(['|', '!']).as_bytes()).await;
        if piece.ends_with('|') {
            gate.acquire().await.unwrap().forget();
        }
        if piece.ends_with('!') {
            stream.set_zero_linger().unwrap();
            return;
        }
    }
}

fn json(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: 7\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn stream(pieces: &[&str], between: &str, end: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let chunk = |piece: &&str| format!("{:x}\r\n{piece}\r\n{between}", piece.len());
    format!("{head}{}{end}", pieces.iter().map(chunk).collect::<String>())
}

fn config(root: &Path, mode: InferenceMode, url: &str) -> GatewayConfig {
    GatewayConfig {
        mode,
        setup: "tiny".into(),
        root: root.to_owned(),
        providers: vec![Upstream {
            name: "llm".into(),
            url: url.into(),
            dialect: by_name("llama-cpp").unwrap(),
            headers: Vec::new(),
        }],
        secrets: vec![("LLM_KEY".into(), Secret::new("sk-very-secret"))],
        cases: Vec::new(),
        idle: Duration::from_secs(20),
        close_connections: false,
    }
}

async fn started(config: GatewayConfig) -> Result<Gateway, Error> {
    start(TcpListener::bind("127.0.0.1:0").await.unwrap(), config).await
}

async fn gateway(root: &Path, mode: InferenceMode, url: &str) -> Gateway {
    started(config(root, mode, url)).await.unwrap()
}

fn case(name: &str) -> CaseId {
    CaseId::new("inference/chat", name)
}

struct Got {
    status: u16,
    headers: reqwest::header::HeaderMap,
    pieces: Vec<Bytes>,
    broken: bool,
}

impl Got {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.pieces.concat()).into_owned()
    }
}

async fn send(request: reqwest::RequestBuilder) -> Got {
    let mut response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut pieces = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) => pieces.push(piece),
            end => return Got { status, headers, pieces, broken: end.is_err() },
        }
    }
}

fn client() -> reqwest::Client {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn chat(gateway: &Gateway, case: Option<&CaseId>, body: &str) -> reqwest::RequestBuilder {
    let url = format!("{}/chat/completions", gateway.base_url("llm"));
    let request = client().post(url).header("content-type", "application/json").body(body.to_owned());
    match case {
        Some(case) => request.header("baggage", baggage(case)),
        None => request,
    }
}

async fn ask(gateway: &Gateway, case: &CaseId, body: &str) -> Got {
    send(chat(gateway, Some(case), body)).await
}

/// Records one call of one case and ends the gateway.
async fn record(root: &Path, url: &str, case: &CaseId, bodies: &[&str], keep: bool) -> Traffic {
    let gateway = gateway(root, InferenceMode::Record, url).await;
    gateway.open(case);
    for body in bodies {
        ask(&gateway, case, body).await;
    }
    let traffic = gateway.close(case, keep);
    let finished = gateway.finish().await;
    assert!(finished.errors.is_empty(), "{:?}", finished.errors);
    traffic
}

fn file(root: &Path, case: &str) -> String {
    std::fs::read_to_string(root.join(format!("tiny/inference/chat/{case}.json"))).unwrap()
}

#[tokio::test]
async fn what_was_recorded_is_replayed_and_nobody_is_asked() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json(r#"{"object":"chat.completion","n":1.50,"a":"\u00e9"}"#)).await;
    let x = case("x");
    let traffic = record(root.path(), &provider.url, &x, &[r#"{"model":"m","n":1}"#], true).await;
    assert_eq!((traffic.recorded, traffic.decided), (1, Some(Decided::Baggage)));
    assert_eq!(provider.connections.load(Ordering::SeqCst), 1);

    let gateway = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
    gateway.open(&x);
    let got = ask(&gateway, &x, r#"{"n":1.0, "model":"m"}"#).await;
    assert_eq!((got.status, got.text().as_str()), (200, r#"{"object":"chat.completion","n":1.50,"a":"\u00e9"}"#));
    assert_eq!(got.headers["content-type"], "application/json");
    assert!(!got.headers.contains_key("x-request-id"));

    let again = ask(&gateway, &x, r#"{"n":1,"model":"m"}"#).await;
    assert_eq!((again.status, &again.headers[NOTE]), (MISS_STATUS, &"miss".parse().unwrap()));
    let other = ask(&gateway, &x, r#"{"n":2,"model":"m"}"#).await;
    assert!(other.text().contains("/n is 2 (was 1)"), "{}", other.text());
    let traffic = gateway.close(&x, true);
    assert_eq!((traffic.replayed, traffic.unused, traffic.misses.len()), (1, 0, 2));
    assert!(traffic.misses[0].explanation.contains("one call too many"), "{:?}", traffic.misses[0]);
    assert!(traffic.misses[1].explanation.contains("stack-test record -k 'x'"), "{:?}", traffic.misses[1]);
    gateway.finish().await;
    assert_eq!(provider.connections.load(Ordering::SeqCst), 1, "replay connected to the provider");
}
