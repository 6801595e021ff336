//! Asking a server for something, with a limit.

use crate::app::inputs::Inputs;
use crate::app::run::rig::STACK_KEY_ENV;
use crate::model::Secret;
use crate::source::Diagnostic;
use std::time::Duration;

/// How long one question may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The longest answer that is read, in bytes.
const MOST: usize = 64 * 1024 * 1024;

/// A server.
pub(super) struct Site {
    client: reqwest::Client,
    base: String,
    /// A key for it.
    key: Option<Secret>,
}

/// What it answers.
pub(super) struct Fetched {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Site {
    /// The server at `url`, with a key for it if it wants one.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub(super) fn new(url: &str, key: Option<Secret>) -> Result<Self, Diagnostic> {
        // Another room of the same process may have installed it already; either way there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let local = ["127.0.0.1", "localhost", "[::1]"];
        let is_local =
            url::Url::parse(url).is_ok_and(|url| url.host_str().is_some_and(|host| local.contains(&host)));
        let builder = reqwest::Client::builder().timeout(TIMEOUT);
        // A proxy of the environment is not meant for a server on this machine.
        let builder = if is_local { builder.no_proxy() } else { builder };
        let client = builder
            .build()
            .map_err(|error| Diagnostic::new(format!("no HTTP client: {}", error.without_url())))?;
        Ok(Self { client, base: url.trim_end_matches('/').to_owned(), key })
    }

    /// The stack at `url`; it is given the key that `STACK_TEST_API_KEY` holds.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub(super) fn of_stack(url: &str, inputs: &Inputs) -> Result<Self, Diagnostic> {
        Self::new(url, inputs.env(STACK_KEY_ENV).map(Secret::new))
    }

    /// Asks for `path`.
    ///
    /// # Errors
    /// There is no answer, in words, without the URL.
    pub(super) async fn get(&self, path: &str) -> Result<Fetched, String> {
        let said = |error: reqwest::Error| {
            let error = error.without_url();
            std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
        };
        let mut request = self.client.get(format!("{}{path}", self.base));
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.expose());
        }
        let mut response = request.send().await.map_err(said)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(said)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST {
                return Err(format!("the answer is longer than {} MiB", MOST / 1024 / 1024));
            }
        }
        Ok(Fetched { status, body })
    }

    /// Asks for the JSON at `path`; `None` where there is none.
    pub(super) async fn json(&self, path: &str) -> Option<serde_json::Value> {
        let fetched = self.get(path).await.ok().filter(|fetched| fetched.status == 200)?;
        serde_json::from_slice(&fetched.body).ok()
    }
}
