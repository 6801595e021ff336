//! A gateway that others than the stack can reach: on a container's bridge.

use crate::world::*;
use stack_test::gateway::{GatewayConfig, ProxySettings};
use stack_test::model::InferenceMode;
use std::time::SystemTime;

const TOKEN: &str = "0123456789abcdef";

#[tokio::test]
async fn only_who_has_the_token_comes_in() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json("1")).await;
    let case = case("x");
    record(root.path(), &provider.url, &case, &["{}"], true).await;
    let config = config(root.path(), InferenceMode::Replay, &provider.url);
    let proxy = Some(ProxySettings { now: SystemTime::now(), via: None });
    let token = Some(TOKEN.to_owned());
    let gateway = started(GatewayConfig { cases: vec![case.clone()], token, proxy, ..config }).await.unwrap();
    gateway.open(&case);
    let base = gateway.base_url("llm");
    assert_eq!(base, format!("http://{}/~{TOKEN}/llm/v1", gateway.address()));
    let ask = async |url: String| send(client().post(url).body("{}")).await;
    for wrong in
        [base.replace(TOKEN, "0123"), base.replace(&format!("/~{TOKEN}"), ""), base.replace(TOKEN, "")]
    {
        let refused = ask(format!("{wrong}/chat/completions")).await;
        assert_eq!((refused.status, refused.text().contains(TOKEN)), (403, false), "{wrong}");
    }
    assert_eq!(ask(format!("{base}/chat/completions")).await.text(), "1");
    gateway.open(&case);
    assert_eq!(ask(format!("{}/chat/completions", gateway.base_url_for("llm", &case))).await.text(), "1");

    let files = std::path::Path::new("/ca.pem");
    let variables = gateway.proxy_env(files, files, "");
    let url = &variables.iter().find(|(name, _)| name == "HTTP_PROXY").unwrap().1;
    assert_eq!(*url, format!("http://stack-test:{TOKEN}@{}", gateway.address()));
    // What listens on the loopback interface here is this machine's, and not the container's.
    for (url, status) in [
        (url.clone(), 403),
        (url.replace(TOKEN, "x"), 407),
        (url.replace(&format!("stack-test:{TOKEN}@"), ""), 407),
    ] {
        let client = reqwest::Client::builder().proxy(reqwest::Proxy::all(&url).unwrap()).build().unwrap();
        let response = client.get("http://127.0.0.1:9/x").send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{url}");
    }
}
