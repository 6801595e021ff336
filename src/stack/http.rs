//! Short questions to a server that may be anything.

use super::Error;
use serde_json::Value;
use std::error::Error as _;
use std::time::Duration;

/// How long one question may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How much of an answer is read, in bytes. The longest honest one is a list of models.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// A server to ask.
pub(super) struct Http {
    client: reqwest::Client,
    base: String,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The body, if it is JSON.
    pub(super) json: Option<Value>,
}

/// Why nothing came back.
pub(super) enum NoAnswer {
    /// Nobody listens, or there is no such host.
    Refused(String),
    /// Anything else, in words.
    Broken(String),
}

impl Http {
    /// `base` is the URL without a slash at its end.
    pub(super) fn new(base: &str) -> Result<Self, Error> {
        // The TLS of `reqwest` uses what is installed for the process. A second installation fails, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder().timeout(TIMEOUT);
        if is_loopback(base) {
            // A proxy of the environment is not meant for a server on this machine.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(Error::Client)?;
        Ok(Self { client, base: base.to_owned() })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Answer, NoAnswer> {
        let mut response = self.client.get(format!("{}{path}", self.base)).send().await.map_err(no_answer)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                return Err(NoAnswer::Broken(format!("GET {path} answers more than {MAX_BODY} bytes")));
            }
        }
        Ok(Answer { status, json: serde_json::from_slice(&body).ok() })
    }
}

fn is_loopback(base: &str) -> bool {
    let host = url::Url::parse(base).ok();
    match host.as_ref().and_then(url::Url::host) {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The innermost cause says it best; the URL is left out because it may hold credentials.
fn no_answer(error: reqwest::Error) -> NoAnswer {
    let (connect, timeout) = (error.is_connect(), error.is_timeout());
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    let mut refused = false;
    while let Some(source) = cause.source() {
        cause = source;
        refused |= cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused);
    }
    let text = if timeout {
        format!("no answer within {TIMEOUT:?}")
    } else if error.source().is_some() {
        cause.to_string()
    } else {
        error.to_string()
    };
    if refused || (connect && !timeout && text.contains("lookup")) {
        NoAnswer::Refused(text)
    } else {
        NoAnswer::Broken(text)
    }
}
