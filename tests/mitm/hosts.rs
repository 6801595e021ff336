//! Clients that do not get along with the proxy, and what they are told.

use crate::world::*;
use stack_test::gateway::{Error, Upstream, start};
use stack_test::model::InferenceMode;
use stack_test::wire::dialect::by_name;
use std::net::SocketAddr;
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn script(_: &str) -> String {
    json("{}")
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_gateway_is_named_at_the_end() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let gateway = gateway(root.path(), InferenceMode::Replay, &provider).await;
    let stranger = reqwest::Certificate::from_pem(provider.ca.as_bytes()).unwrap();
    let stranger = proxied(&gateway).tls_certs_only([stranger]).build().unwrap();
    stranger.get(format!("{}/models", provider.url())).send().await.unwrap_err();
    let errors = gateway.finish().await.errors;
    let told = errors[0].to_string();
    assert!(errors[0].is_notice() && errors.len() == 1, "{errors:?}");
    assert!(told.contains("localhost was not taken over") && told.contains("SSL_CERT_FILE"), "{told}");
    assert_eq!(provider.connections(), 0);
}

#[tokio::test]
async fn a_client_that_greets_another_host_than_it_asked_for_gets_no_certificate() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let mut config = config(root.path(), InferenceMode::Replay, &provider);
    config.providers[0].hosts.push("api.one.test".into());
    let gateway = started(config).await;
    let ca = reqwest::Certificate::from_pem(gateway.ca_pem().unwrap().as_bytes()).unwrap();
    // The tunnel is asked for by number, the greeting has the name.
    let (stream, said) = tunnel(&gateway, "api.one.test:443").await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here: SocketAddr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut stream = stream;
        let _ended = tokio::io::copy_bidirectional(&mut client, &mut stream).await;
    });
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([ca])
        .resolve("api.two.test", here)
        .build()
        .unwrap();
    client.get(format!("https://api.two.test:{}/", here.port())).send().await.unwrap_err();
    let errors = gateway.finish().await.errors;
    assert!(matches!(&errors[..], [Error::Handshake { host, .. }] if host == "api.one.test"), "{errors:?}");
}

#[tokio::test]
async fn a_request_for_another_host_than_the_tunnels_is_sent_away() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let gateway = gateway(root.path(), InferenceMode::Live, &provider).await;
    let response = client(&gateway)
        .get(format!("{}/models", provider.url()))
        .header("host", "other.test")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status().as_u16(), 421);
    assert_eq!(provider.connections(), 0);
}

#[tokio::test]
async fn nonsense_in_a_tunnel_ends_it_and_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let gateway = gateway(root.path(), InferenceMode::Live, &provider).await;
    let destination = format!("localhost:{}", provider.port);
    for nonsense in [&b"\x16\x03\x01\xff\xff\x00 no greeting at all"[..], b"\x00\x01\x02\r\n\r\n"] {
        let (mut stream, said) = tunnel(&gateway, &destination).await;
        assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
        stream.write_all(nonsense).await.unwrap();
        let mut rest = Vec::new();
        let _reset_or_closed = stream.read_to_end(&mut rest).await;
    }
    let (status, body) = chat(&client(&gateway), &provider.url(), &case("x"), "{}").await;
    assert_eq!((status, body), (200, "{}".into()));
    let errors = gateway.finish().await.errors;
    assert!(matches!(&errors[..], [Error::Handshake { .. }]), "{errors:?}");
}

#[tokio::test]
async fn what_a_proxy_cannot_do_is_said_clearly() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let gateway = gateway(root.path(), InferenceMode::Live, &provider).await;
    for (asked, status, says) in [
        ("CONNECT localhost HTTP/1.1\r\nhost: x\r\n\r\n", "400", "a host and a port"),
        ("GET ftp://localhost/a HTTP/1.1\r\nhost: x\r\n\r\n", "400", "by CONNECT"),
        ("GET http://me:secret@localhost/a HTTP/1.1\r\nhost: x\r\n\r\n", "400", "a host and a port"),
    ] {
        let mut stream =
            tokio::io::BufReader::new(tokio::net::TcpStream::connect(address(&gateway)).await.unwrap());
        stream.write_all(asked.as_bytes()).await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert!(answer.contains(status) && answer.contains(says), "{asked}: {answer}");
        assert!(!answer.contains("secret"), "{answer}");
    }
}

#[tokio::test]
async fn a_host_that_can_be_none_is_refused_at_the_start() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let mut config = config(root.path(), InferenceMode::Replay, &provider);
    let mut wrong = Upstream::new("wrong", "https://a.test", by_name("openai").unwrap());
    wrong.hosts = vec!["https://a.test/v1".into()];
    config.providers.push(wrong);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = start(listener, config).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("`wrong`") && error.contains("`https://a.test/v1` is no host"), "{error}");
}

#[tokio::test]
async fn the_variables_lead_to_the_gateway_and_not_around_it() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let mut config = config(root.path(), InferenceMode::Replay, &provider);
    config.providers[0].hosts.push("api.one.test".into());
    let gateway = started(config).await;
    let env = gateway.proxy_env(Path::new("/b.pem"), Path::new("/own.pem"), ".one.test,intern.corp");
    let value = |name: &str| env.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(value("HTTPS_PROXY"), Some(format!("http://{}", address(&gateway)).as_str()));
    assert_eq!(value("NO_PROXY"), Some("127.0.0.1,localhost,::1,intern.corp"));
    assert_eq!(value("SSL_CERT_FILE"), Some("/b.pem"));
    assert_eq!(value("NODE_EXTRA_CA_CERTS"), Some("/own.pem"));
    assert!(gateway.ca_pem().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
}
