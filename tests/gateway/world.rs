//! A provider, a gateway, a client.

use bytes::Bytes;
use stack_test::gateway::{Error, Gateway, GatewayConfig, Upstream, start};
use stack_test::model::{CaseId, InferenceMode, Secret, Traffic};
use stack_test::wire::dialect::by_name;
use stack_test::wire::trace::baggage;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// A provider that answers with what `script` gives for the number of the request and its text, byte for byte; it
/// hangs up after each answer. `|` in the script waits for a permit of `gate`, `!` resets the connection.
pub(crate) struct Provider {
    pub(crate) url: String,
    pub(crate) connections: Arc<AtomicUsize>,
    pub(crate) gate: Arc<Semaphore>,
}

pub(crate) type Script = fn(usize, &str) -> String;

pub(crate) async fn provider(script: Script) -> Provider {
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
        let length =
            text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
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

pub(crate) fn json(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: 7\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

pub(crate) fn stream(pieces: &[&str], between: &str, end: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let chunk = |piece: &&str| format!("{:x}\r\n{piece}\r\n{between}", piece.len());
    format!("{head}{}{end}", pieces.iter().map(chunk).collect::<String>())
}

pub(crate) fn config(root: &Path, mode: InferenceMode, url: &str) -> GatewayConfig {
    GatewayConfig {
        providers: vec![Upstream::new("llm", url, by_name("llama-cpp").unwrap())],
        secrets: vec![("LLM_KEY".into(), Secret::new("sk-very-secret"))],
        idle: Duration::from_secs(20),
        ..GatewayConfig::new(mode, "tiny", root)
    }
}

pub(crate) async fn started(config: GatewayConfig) -> Result<Gateway, Error> {
    start(TcpListener::bind("127.0.0.1:0").await.unwrap(), config).await
}

pub(crate) async fn gateway(root: &Path, mode: InferenceMode, url: &str) -> Gateway {
    started(config(root, mode, url)).await.unwrap()
}

pub(crate) fn case(name: &str) -> CaseId {
    CaseId::new("inference/chat", name)
}

pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) pieces: Vec<Bytes>,
    pub(crate) broken: bool,
}

impl Got {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.pieces.concat()).into_owned()
    }
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Got {
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

pub(crate) fn client() -> reqwest::Client {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) fn chat(gateway: &Gateway, case: Option<&CaseId>, body: &str) -> reqwest::RequestBuilder {
    let url = format!("{}/chat/completions", gateway.base_url("llm"));
    let request = client().post(url).header("content-type", "application/json").body(body.to_owned());
    match case {
        Some(case) => request.header("baggage", baggage(case)),
        None => request,
    }
}

pub(crate) async fn ask(gateway: &Gateway, case: &CaseId, body: &str) -> Got {
    send(chat(gateway, Some(case), body)).await
}

/// Records one call of one case and ends the gateway.
pub(crate) async fn record(root: &Path, url: &str, case: &CaseId, bodies: &[&str], keep: bool) -> Traffic {
    let config = GatewayConfig { keep_unreached: true, ..config(root, InferenceMode::Record, url) };
    let gateway = started(config).await.unwrap();
    gateway.open(case);
    for body in bodies {
        ask(&gateway, case, body).await;
    }
    let traffic = gateway.close(case, keep);
    let finished = gateway.finish().await;
    assert!(finished.errors.iter().all(Error::is_notice), "{:?}", finished.errors);
    traffic
}

pub(crate) fn file(root: &Path, case: &str) -> String {
    std::fs::read_to_string(root.join(format!("tiny/inference/chat/{case}.json"))).unwrap()
}
