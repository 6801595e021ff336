//! Connections to hosts that are no provider's.

use crate::world::*;
use stack_test::gateway::{Error, GatewayConfig, NOTE, ProxySettings, Via};
use stack_test::model::{Egress, InferenceMode};
use std::path::Path;
use std::time::SystemTime;

fn script(_: &str) -> String {
    json("\"outside\"")
}

/// A gateway behind a proxy of the user's, without the provider, which so is a host like any other.
fn outside(root: &Path, provider: &Provider, proxy: u16) -> GatewayConfig {
    let mut config = config(root, InferenceMode::Replay, provider);
    config.providers.clear();
    let via = Via::new(&format!("http://me:word@127.0.0.1:{proxy}"), "");
    config.proxy = Some(ProxySettings { now: SystemTime::now(), via });
    config
}

#[tokio::test]
async fn a_host_that_is_no_provider_is_passed_on_unseen_and_told_of() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let (proxy, heads) = users_proxy(provider.port).await;
    let gateway = started(outside(root.path(), &provider, proxy)).await;
    // The client trusts the provider's CA and not the gateway's: it is the provider that it talks to. The provider has a
    // certificate for `localhost` only, so that the name is not looked at.
    let ca = reqwest::Certificate::from_pem(provider.ca.as_bytes()).unwrap();
    let client = proxied(&gateway).tls_certs_only([ca]).tls_danger_accept_invalid_hostnames(true).build();
    let client = client.unwrap();
    for _ in 0..2 {
        let response =
            client.get("https://outside.test/a").header("connection", "close").send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "\"outside\"");
    }
    let plain = client.get("http://plain.test/a?b").send().await.unwrap();
    assert_eq!(plain.text().await.unwrap(), "\"plain\"");
    let heads = heads.lock().unwrap().clone();
    assert!(heads[0].starts_with("CONNECT outside.test:443 HTTP/1.1\r\n"), "{heads:?}");
    let plain = heads.last().unwrap();
    assert!(plain.starts_with("GET http://plain.test/a?b HTTP/1.1\r\n"), "{plain}");
    assert!(
        heads.iter().all(|head| head.to_lowercase().contains("proxy-authorization: basic ")),
        "{heads:?}"
    );

    let errors = gateway.finish().await.errors;
    let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert!(told[0].contains("connected to outside.test:443"), "{told:?}");
    assert!(told[1].contains("connected to plain.test:80") && told[1].contains("--egress deny"), "{told:?}");
    assert!(told.len() == 2 && errors.iter().all(Error::is_notice), "{told:?}");
}

#[tokio::test]
async fn egress_deny_refuses_other_hosts_and_leaves_this_machine_alone() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let (proxy, heads) = users_proxy(provider.port).await;
    let config = GatewayConfig { egress: Egress::Deny, ..outside(root.path(), &provider, proxy) };
    let gateway = started(config).await;
    let (_, said) = tunnel(&gateway, "outside.test:443").await;
    assert!(said.starts_with("HTTP/1.1 403 ") && said.contains("--egress deny"), "{said}");
    let response = client(&gateway).get("http://plain.test/a").send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()[NOTE]), (403, &"egress".parse().unwrap()));
    assert!(heads.lock().unwrap().is_empty());
    let (_, said) = tunnel(&gateway, &format!("127.0.0.1:{}", provider.port)).await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    let env = gateway.proxy_env(Path::new("b"), Path::new("o"), "intern.corp");
    assert!(env.contains(&("NO_PROXY".into(), "127.0.0.1,localhost,::1".into())), "{env:?}");
    let told: Vec<_> = gateway.finish().await.errors.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("was refused a connection to outside.test:443"), "{told:?}");
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_a_bad_gateway() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let mut config = config(root.path(), InferenceMode::Replay, &provider);
    config.egress = Egress::Report;
    let gateway = started(config).await;
    let (_, said) = tunnel(&gateway, "nowhere.invalid:443").await;
    assert!(said.starts_with("HTTP/1.1 502 ") && said.contains("nowhere.invalid:443"), "{said}");
}

#[tokio::test]
async fn a_gateway_that_is_no_proxy_opens_no_tunnels() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let config = GatewayConfig { proxy: None, ..config(root.path(), InferenceMode::Replay, &provider) };
    let gateway = started(config).await;
    let (_, said) = tunnel(&gateway, &format!("localhost:{}", provider.port)).await;
    assert!(said.starts_with("HTTP/1.1 404 "), "{said}");
    assert!(gateway.ca_pem().is_none());
    assert!(gateway.proxy_env(Path::new("b"), Path::new("o"), "").is_empty());
}
