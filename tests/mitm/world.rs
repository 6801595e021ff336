//! A provider that speaks TLS, a gateway that is a proxy, a client that trusts it, and a proxy of the user's own.

use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use stack_test::gateway::{Gateway, GatewayConfig, ProxySettings, Upstream, start};
use stack_test::model::{CaseId, InferenceMode};
use stack_test::wire::dialect::by_name;
use stack_test::wire::trace::baggage;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// A provider at `https://localhost:<port>`, whose certificate is from a CA of the test. It keeps connections open.
pub(crate) struct Provider {
    pub(crate) port: u16,
    pub(crate) ca: String,
    pub(crate) connections: Arc<AtomicUsize>,
    /// The requests, as they came.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    pub(crate) gate: Arc<Semaphore>,
}

/// What is answered to a request, byte for byte; a `|` waits for a permit of the gate.
pub(crate) type Script = fn(&str) -> String;

impl Provider {
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/v1", self.port)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn last_asked(&self) -> String {
        self.asked.lock().unwrap().last().cloned().unwrap()
    }
}

pub(crate) async fn provider(script: Script) -> Provider {
    provider_at("localhost", script).await
}

/// A provider at another name or address of this machine.
pub(crate) async fn provider_at(host: &str, script: Script) -> Provider {
    let (ca, config) = certified(host);
    let listener = TcpListener::bind((host, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (connections, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (count, heard) = (Arc::clone(&connections), Arc::clone(&asked));
    let gate = Arc::new(Semaphore::new(0));
    let permits = Arc::clone(&gate);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let (acceptor, heard) = (TlsAcceptor::from(Arc::clone(&config)), Arc::clone(&heard));
            let permits = Arc::clone(&permits);
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let mut stream = BufReader::new(stream);
                while let Some(request) = read_request(&mut stream).await {
                    let answer = script(&request);
                    heard.lock().unwrap().push(request);
                    for piece in answer.split_inclusive('|') {
                        let sent = stream.write_all(piece.trim_end_matches('|').as_bytes()).await;
                        if sent.is_err() || stream.flush().await.is_err() {
                            return;
                        }
                        if piece.ends_with('|') {
                            permits.acquire().await.unwrap().forget();
                        }
                    }
                }
            });
        }
    });
    Provider { port, ca, connections, asked, gate }
}

/// A certificate for `host`, and the CA that it is from.
fn certified(host: &str) -> (String, Arc<ServerConfig>) {
    let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = params.self_signed(&ca_key).unwrap().pem();
    let issuer = Issuer::new(params, ca_key);
    let certificate =
        CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (ca, Arc::new(config))
}

/// Head and body of the next request.
pub(crate) async fn read_request(stream: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let small = head.to_ascii_lowercase();
    let length = small.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}

pub(crate) fn json(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn stream(pieces: &[&str]) -> String {
    let chunks: String = pieces.iter().map(|piece| format!("{:x}\r\n{piece}\r\n", piece.len())).collect();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
    )
}

/// A gateway that is a proxy and has the provider `llm`.
pub(crate) fn config(root: &Path, mode: InferenceMode, provider: &Provider) -> GatewayConfig {
    let mut upstream = Upstream::new("llm", &provider.url(), by_name("openai").unwrap());
    upstream.hosts = vec![format!("localhost:{}", provider.port)];
    GatewayConfig {
        providers: vec![upstream],
        proxy: Some(ProxySettings { now: SystemTime::now(), via: None }),
        extra_roots: vec![provider.ca.clone()],
        ..GatewayConfig::new(mode, "tiny", root)
    }
}

pub(crate) async fn started(config: GatewayConfig) -> Gateway {
    start(TcpListener::bind("127.0.0.1:0").await.unwrap(), config).await.unwrap()
}

pub(crate) async fn gateway(root: &Path, mode: InferenceMode, provider: &Provider) -> Gateway {
    started(config(root, mode, provider)).await
}

pub(crate) fn address(gateway: &Gateway) -> String {
    gateway.address().to_string()
}

/// A client that has the gateway for its proxy, and trusts its CA alone.
pub(crate) fn client(gateway: &Gateway) -> reqwest::Client {
    let ca = reqwest::Certificate::from_pem(gateway.ca_pem().unwrap().as_bytes()).unwrap();
    proxied(gateway).tls_certs_only([ca]).build().unwrap()
}

pub(crate) fn proxied(gateway: &Gateway) -> reqwest::ClientBuilder {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let proxy = reqwest::Proxy::all(format!("http://{}", address(gateway))).unwrap();
    reqwest::Client::builder().proxy(proxy)
}

pub(crate) fn case(name: &str) -> CaseId {
    CaseId::new("inference/chat", name)
}

/// Status and body of the answer to a chat request.
pub(crate) async fn chat(client: &reqwest::Client, base: &str, case: &CaseId, body: &str) -> (u16, Bytes) {
    let request = client
        .post(format!("{base}/chat/completions"))
        .header("content-type", "application/json")
        .header("baggage", baggage(case))
        .body(body.to_owned());
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.bytes().await.unwrap())
}

/// The user's own proxy: it notes the head of what it is asked and leads everything to `port` of this machine.
pub(crate) async fn users_proxy(port: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let noted = Arc::clone(&noted);
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                let Some(head) = read_request(&mut stream).await else { return };
                let is_tunnel = head.starts_with("CONNECT ");
                noted.lock().unwrap().push(head);
                if is_tunnel {
                    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
                    let mut there = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    let _ended = tokio::io::copy_bidirectional(&mut stream, &mut there).await;
                } else {
                    stream.write_all(json("\"plain\"").as_bytes()).await.unwrap();
                }
            });
        }
    });
    (own, heads)
}

/// A tunnel to `destination` by way of the gateway, and what the gateway said to it.
pub(crate) async fn tunnel(gateway: &Gateway, destination: &str) -> (BufReader<TcpStream>, String) {
    let mut stream = BufReader::new(TcpStream::connect(address(gateway)).await.unwrap());
    let asked = format!("CONNECT {destination} HTTP/1.1\r\nhost: {destination}\r\n\r\n");
    stream.write_all(asked.as_bytes()).await.unwrap();
    let answer = read_answer(&mut stream).await;
    (stream, answer)
}

/// Head and body of the next answer.
pub(crate) async fn read_answer(stream: &mut (impl AsyncBufRead + AsyncWrite + Unpin)) -> String {
    read_request(stream).await.unwrap_or_default()
}
