//! Requests that were signed for the gateway, at a provider that checks signatures.

use crate::world::*;
use ring::{digest, hmac};
use stack_test::gateway::SigV4;
use stack_test::model::{InferenceMode, Secret};

/// AWS's public example.
const ACCESS_KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// The answer to those whose signature is right.
const SIGNED: &str = r#"{"output": {"message": {"role": "assistant", "content": [{"text": "signed"}]}}}"#;

/// What the gateway signs with.
pub(crate) fn signing() -> SigV4 {
    SigV4 {
        access_key: ACCESS_KEY.into(),
        secret: Secret::new(SECRET),
        session_token: Some(Secret::new("made-up-token")),
    }
}

/// Checks the signature the way AWS does: from the request as it came, and the headers that it says are signed.
pub(crate) fn script(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    let headers: Vec<(String, &str)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value))
        .collect();
    let header = |name: &str| headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| *value);
    let field = |name: &str| {
        let fields = header("authorization").trim_start_matches("AWS4-HMAC-SHA256 ").split(", ");
        fields.into_iter().find_map(|field| field.strip_prefix(name)).unwrap_or_default()
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let signed: String =
        field("SignedHeaders=").split(';').map(|name| format!("{name}:{}\n", header(name))).collect();
    let canonical = format!(
        "{method}\n{}\n{query}\n{signed}\n{}\n{}",
        path.replace('%', "%25"),
        field("SignedHeaders="),
        hex(digest::digest(&digest::SHA256, body.as_bytes()).as_ref())
    );
    let (key, scope) = field("Credential=").split_once('/').unwrap_or_default();
    let hashed = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{hashed}", header("x-amz-date"));
    let secret = format!("AWS4{SECRET}").into_bytes();
    let mac = |key: Vec<u8>, text: &str| {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes()).as_ref().to_vec()
    };
    let signature = hex(&mac(scope.split('/').fold(secret, mac), &text));
    let tokens = (header("x-amz-security-token"), field("SignedHeaders=").contains("x-amz-security-token"));
    if signature == field("Signature=") && key == ACCESS_KEY && tokens == ("made-up-token", true) {
        json(SIGNED)
    } else {
        let body =
            format!("{{\"message\": \"The request signature we calculated does not match: {signature}\"}}");
        json(&body).replace("200 OK", "403 Forbidden")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_request_signed_for_the_gateway_is_signed_again_for_the_provider() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(script).await;
    let mut config = config(root.path(), InferenceMode::Live, &provider);
    config.providers[0].sigv4 = Some(signing());
    let gateway = started(config).await;
    let url = format!("{}/model/claude-v1%3A0/converse?a=b", gateway.base_url("llm"));
    let ask = |authorization: &str| {
        let request = client(&gateway).post(&url).header("x-amz-date", "20150830T123600Z").body("{\"a\": 1}");
        let request =
            request.header("authorization", authorization).header("content-type", "application/json");
        request.header("x-amz-security-token", "dummy").send()
    };
    let dummy = "AWS4-HMAC-SHA256 Credential=dummy/20150830/eu-west-1/bedrock/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature=00";
    assert_eq!(ask(dummy).await.unwrap().text().await.unwrap(), SIGNED);
    // A key of another kind is nobody's business but the provider's.
    assert_eq!(ask("Bearer made-up").await.unwrap().status().as_u16(), 403);
    assert!(provider.last_asked().contains("Bearer made-up"));
}
