//! What is recorded and replayed by way of the proxy.

use crate::world::*;
use rustls::pki_types::ServerName;
use stack_test::gateway::{MISS_STATUS, NOTE};
use stack_test::model::{Decided, InferenceMode};
use std::sync::Arc;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio_rustls::TlsConnector;

const JSON: &str = "{\"object\":\"chat.completion\", \"n\":1.50,\"a\":\"\\u00e9\"}";
const EVENTS: [&str; 4] = [
    ": hello\r\n\r\n",
    "event: delta\r\nid: 7\r\ndata: {\"n\":",
    "1}\r\n\r\ndata: {\"n\": 2}\n\n",
    "data: [DONE]\n\n",
];

fn script(request: &str) -> String {
    if request.contains("\"stream\"") { stream(&EVENTS) } else { json(JSON) }
}

#[tokio::test]
async fn a_host_that_cannot_be_redirected_is_recorded_and_replayed_byte_for_byte() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let x = case("x");
    let bodies = [r#"{"model":"m"}"#, r#"{"model":"m","stream":true}"#];
    let mut live = Vec::new();
    let recorder = gateway(root.path(), InferenceMode::Record, &provider).await;
    recorder.open(&x);
    for body in bodies {
        live.push(chat(&client(&recorder), &provider.url(), &x, body).await);
    }
    let traffic = recorder.close(&x, true);
    assert_eq!((traffic.recorded, traffic.decided), (2, Some(Decided::Baggage)));
    let finished = recorder.finish().await;
    assert!(finished.errors.is_empty(), "{:?}", finished.errors);
    assert_eq!(live[0], (200, JSON.into()));
    assert_eq!(live[1], (200, EVENTS.concat().into()));
    let asked = provider.last_asked().to_ascii_lowercase();
    assert!(asked.starts_with("post /v1/chat/completions http/1.1\r\n"), "{asked}");
    assert!(asked.contains(&format!("host: localhost:{}\r\n", provider.port)), "{asked}");
    assert!(!asked.contains("baggage"), "{asked}");

    let connections = provider.connections();
    let replayer = gateway(root.path(), InferenceMode::Replay, &provider).await;
    replayer.open(&x);
    for (body, live) in bodies.iter().zip(&live) {
        assert_eq!(chat(&client(&replayer), &provider.url(), &x, body).await, *live);
    }
    let traffic = replayer.close(&x, true);
    assert_eq!((traffic.replayed, traffic.unused), (2, 0));
    assert!(replayer.finish().await.errors.is_empty());
    assert_eq!(provider.connections(), connections, "replay asks nobody");
}

#[tokio::test]
async fn the_first_event_arrives_before_the_second_leaves_the_provider() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_| {
        let text = stream(&["data: 1\n\n", "data: 2\n\n"]);
        text.replacen("\r\n9\r\ndata: 2", "\r\n|9\r\ndata: 2", 1)
    })
    .await;
    let recorder = gateway(root.path(), InferenceMode::Record, &provider).await;
    let url = format!("{}/chat/completions", provider.url());
    let mut response = client(&recorder).post(url).body("{}").send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "data: 1\n\n");
    provider.gate.add_permits(1);
    assert_eq!(response.chunk().await.unwrap().unwrap(), "data: 2\n\n");
    assert_eq!(response.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_set_recorded_by_one_way_replays_by_the_other() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let x = case("x");
    for by_proxy in [true, false] {
        let recorder = gateway(root.path(), InferenceMode::Record, &provider).await;
        recorder.open(&x);
        let base = if by_proxy { provider.url() } else { recorder.base_url("llm") };
        chat(&client(&recorder), &base, &x, "{}").await;
        assert_eq!(recorder.close(&x, true).recorded, 1);
        recorder.finish().await;

        let replayer = gateway(root.path(), InferenceMode::Replay, &provider).await;
        replayer.open(&x);
        let base = if by_proxy { replayer.base_url("llm") } else { provider.url() };
        // The gateway's own address is found by way of the gateway as well.
        assert_eq!(chat(&client(&replayer), &base, &x, "{}").await, (200, JSON.into()));
        assert_eq!(replayer.close(&x, true).replayed, 1);
    }
}

#[tokio::test]
async fn a_miss_goes_nowhere() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let x = case("x");
    let replayer = gateway(root.path(), InferenceMode::Replay, &provider).await;
    replayer.open(&x);
    let response = client(&replayer)
        .post(format!("{}/chat/completions", provider.url()))
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()[NOTE]),
        (MISS_STATUS, &"miss".parse().unwrap())
    );
    assert_eq!(replayer.close(&x, true).misses.len(), 1);
    assert_eq!(provider.connections(), 0);
}

#[tokio::test]
async fn one_tunnel_serves_many_requests_and_ends_with_the_gateway() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let recorder = gateway(root.path(), InferenceMode::Live, &provider).await;
    let (stream, said) = tunnel(&recorder, &format!("localhost:{}", provider.port)).await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    let trusting = trusting(recorder.ca_pem().unwrap());
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = BufReader::new(TlsConnector::from(trusting).connect(name, stream).await.unwrap());
    assert_eq!(stream.get_ref().get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
    for _ in 0..3 {
        stream.write_all(b"GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert!(answer.ends_with(JSON), "{answer}");
    }
    recorder.finish().await;
    assert_eq!(read_answer(&mut stream).await, "");
}

/// TLS that trusts `ca` and offers both versions of HTTP.
fn trusting(ca: &str) -> Arc<rustls::ClientConfig> {
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

#[tokio::test]
async fn plain_http_is_understood_with_and_without_a_tunnel() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let x = case("x");
    let recorder = gateway(root.path(), InferenceMode::Record, &provider).await;
    recorder.open(&x);
    chat(&client(&recorder), &provider.url(), &x, "{}").await;
    chat(&client(&recorder), &provider.url(), &x, "{}").await;
    recorder.close(&x, true);
    recorder.finish().await;

    let replayer = gateway(root.path(), InferenceMode::Replay, &provider).await;
    replayer.open(&x);
    let plain = provider.url().replace("https:", "http:");
    assert_eq!(chat(&client(&replayer), &plain, &x, "{}").await, (200, JSON.into()));
    let (mut stream, _) = tunnel(&replayer, &format!("localhost:{}", provider.port)).await;
    let host = format!("localhost:{}", provider.port);
    let request =
        format!("POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\ncontent-length: 2\r\n\r\n{{}}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = read_answer(&mut stream).await;
    assert!(answer.ends_with(JSON), "{answer}");
    assert_eq!(replayer.close(&x, true).replayed, 2);
}

#[tokio::test]
async fn a_provider_whose_certificate_nobody_vouches_for_is_not_asked() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let x = case("x");
    let mut config = config(root.path(), InferenceMode::Record, &provider);
    config.extra_roots.clear();
    let recorder = started(config).await;
    recorder.open(&x);
    let (status, body) = chat(&client(&recorder), &provider.url(), &x, "{}").await;
    assert_eq!(status, 502, "{body:?}");
    assert!(provider.asked.lock().unwrap().is_empty());
}
