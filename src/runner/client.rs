//! One request, one answer, with the time at which each piece of it came.

use super::{CaseScope, Settings};
use crate::check::{Chunk, Ending, Observed, Telemetry};
use crate::model::{CaseId, Server};
use crate::plan::PlannedCase;
use crate::wire::provider_data::{PROVIDER_DATA, with_test_id};
use crate::wire::trace;
use bytes::BytesMut;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Longest body kept of an answer, in bytes: a server that never stops talking must not fill the memory.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// The HTTP client of a run, for one copy of the stack; all cases there share its connections.
pub(super) struct Client {
    http: reqwest::Client,
    base_url: String,
    spans: AtomicU64,
    /// The header in which a stack's own recorder looks for the name of the test, if it records.
    test_id_header: Option<&'static str>,
    /// Whether only what is looked at is to be traced, see [`Client::traceparent`].
    traces_few: bool,
}

/// On whose behalf a request is sent.
pub(super) struct Sender<'a> {
    pub(super) case: &'a CaseId,
    /// The number of the step that is under way, from 1.
    pub(super) step: usize,
    /// What the stack's own recorder has to know the case as.
    pub(super) test_id: Option<&'a str>,
    /// Whether the stack's telemetry of it is looked at.
    pub(super) observed: bool,
}

/// Why there is no answer at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// The stack cannot be reached; nobody can say whether the case would pass.
    Unreachable(String),
    /// The request was sent, but no status came back.
    Broken(String),
    /// The time was over before a status came back.
    TimedOut(Duration),
    /// The request could not be made from what the suite says.
    Invalid(String),
}

impl Client {
    /// One for each copy of the stack; the settings name at least one.
    ///
    /// # Errors
    /// What keeps the TLS library from being set up, in words.
    pub(super) fn of_each(settings: &Settings) -> Result<Vec<Self>, String> {
        // Another room of the same process may have installed it already; either way there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        if let Some(key) = &settings.bearer {
            let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose()))
                .map_err(|_| "the stack's API key has characters that no header may have".to_owned())?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("stack-test/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .pool_max_idle_per_host(idle_connections(settings))
            .tcp_nodelay(true)
            .build()
            .map_err(|error| describe(&error))?;
        let at = |base_url: &String| Self {
            http: http.clone(),
            base_url: base_url.trim_end_matches('/').to_owned(),
            spans: AtomicU64::new(1),
            test_id_header: settings.test_ids.then(|| match settings.capabilities.server {
                Server::Ogx => PROVIDER_DATA[1],
                Server::Embedded | Server::LlamaStack | Server::Other => PROVIDER_DATA[0],
            }),
            traces_few: settings.telemetry.is_some(),
        };
        Ok(settings.base_urls.iter().map(at).collect())
    }

    /// The stack's base URL, without a slash at the end.
    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Begins a request to `path` below the stack's base URL, or to a whole URL.
    pub(super) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        if path.starts_with("http://") || path.starts_with("https://") {
            return self.http.request(method, path);
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        self.http.request(method, format!("{}{slash}{path}", self.base_url))
    }

    /// Sends `request` on behalf of `sender` and reads the answer until its end or the deadline. `port` is told of both, but not
    /// of a body that is a form: whoever made it has it in parts.
    pub(super) async fn send(
        &self,
        request: reqwest::RequestBuilder,
        sender: Sender<'_>,
        port: &dyn CaseScope,
        deadline: Instant,
    ) -> Result<Observed, NoAnswer> {
        let Sender { case, .. } = sender;
        let mut request = request
            .header(trace::BAGGAGE, trace::baggage_of_step(case, sender.step))
            .header(trace::TRACEPARENT, self.traceparent(&sender))
            .build()
            .map_err(|error| NoAnswer::Invalid(describe(&error)))?;
        if let Some(test_id) = sender.test_id {
            self.name_test(&mut request, test_id)?;
        }
        port.sent(case, request.url().as_str().as_bytes());
        if let Some(body) = request.body().and_then(reqwest::Body::as_bytes) {
            port.sent(case, body);
        }
        let (method, url) = (request.method().clone(), request.url().clone());
        let begun = Instant::now();
        let response = match timeout_at(deadline, self.http.execute(request)).await {
            Err(_) => return Err(NoAnswer::TimedOut(begun.elapsed())),
            Ok(Err(error)) if error.is_connect() => return Err(NoAnswer::Unreachable(describe(&error))),
            Ok(Err(error)) => return Err(NoAnswer::Broken(describe(&error))),
            Ok(Ok(response)) => response,
        };
        let observed = observe(response, begun, deadline).await;
        port.received(case, &observed.body);
        port.answered(case, (method.as_str(), url.as_str()), &observed);
        Ok(observed)
    }

    /// What a stack's own recorder has to know `case` as, where it records.
    pub(super) fn test_id(&self, case: &PlannedCase) -> Option<String> {
        self.test_id_header?;
        Some(case.test_id.clone().unwrap_or_else(|| case.id.to_string()))
    }

    /// Adds the name of the test to the data for providers, which the suite may have set.
    fn name_test(&self, request: &mut reqwest::Request, test_id: &str) -> Result<(), NoAnswer> {
        let Some(usual) = self.test_id_header else { return Ok(()) };
        let headers = request.headers_mut();
        let name = PROVIDER_DATA.into_iter().find(|name| headers.contains_key(*name)).unwrap_or(usual);
        let given = headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let value = with_test_id(given, test_id).and_then(|data| HeaderValue::try_from(data).ok());
        let value =
            value.ok_or_else(|| NoAnswer::Invalid(format!("the header `{name}` is no JSON object")))?;
        headers.insert(name, value);
        Ok(())
    }

    /// Names the trace. That it is sampled is not said of requests whose telemetry nobody looks at while that of others is: what
    /// a stack asks its providers may depend on it.
    fn traceparent(&self, sender: &Sender<'_>) -> String {
        let sampled = u8::from(sender.observed || !self.traces_few);
        let span = self.spans.fetch_add(1, Ordering::Relaxed);
        format!("00-{}-{span:016x}-{sampled:02x}", trace_id(sender.case))
    }
}

/// The id of the trace that all requests of `case` belong to, in hexadecimal.
pub(super) fn trace_id(case: &CaseId) -> String {
    let mut digest = blake3::hash(case.to_string().as_bytes()).to_hex().to_string();
    digest.truncate(32);
    digest
}

/// How many connections may wait for the next request. The server of Llama Stack and OGX closes some behind an answer without
/// saying so, after each error that they did not foresee: the next request would be the one that fails.
fn idle_connections(settings: &Settings) -> usize {
    match settings.capabilities.server {
        Server::LlamaStack | Server::Ogx => 0,
        Server::Embedded | Server::Other => settings.jobs,
    }
}

async fn observe(mut response: reqwest::Response, begun: Instant, deadline: Instant) -> Observed {
    let status = response.status().as_u16();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers =
        response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let mut body = BytesMut::new();
    let mut chunks = Vec::new();
    let ending = loop {
        match timeout_at(deadline, response.chunk()).await {
            Err(_) => break Ending::TimedOut,
            Ok(Err(error)) => break Ending::Aborted(describe(&error)),
            Ok(Ok(None)) => break Ending::Complete,
            Ok(Ok(Some(chunk))) if body.len() + chunk.len() > MAX_BODY => {
                break Ending::Aborted(format!("the answer is longer than {} MiB", MAX_BODY / 1024 / 1024));
            }
            Ok(Ok(Some(chunk))) => {
                body.extend_from_slice(&chunk);
                chunks.push(Chunk { end: body.len(), at: begun.elapsed() });
            }
        }
    };
    Observed {
        status,
        headers,
        body: body.freeze(),
        chunks,
        duration: begun.elapsed(),
        ending,
        telemetry: Telemetry::default(),
    }
}

/// An error and its causes in one line, without the URL, which the message around it names.
fn describe(error: &reqwest::Error) -> String {
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    let mut text = String::new();
    while let Some(error) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        let _ = write!(text, "{error}");
        cause = error.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}
