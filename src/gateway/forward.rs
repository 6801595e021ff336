//! Asking providers. Exists only in modes that may.

use super::answer::{AnswerBody, BrokenOff, without_head};
use super::ledger::{Ledger, Ticket};
use super::taken::Taken;
use super::unreached::Unreached;
use super::{DUMMY_KEY, Error, Upstream};
use crate::model::Secret;
use crate::recording::Masks;
use crate::wire::dialect::Dialect;
use crate::wire::message::{Body, End, Head, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::redirect::Policy;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;
use url::Url;

/// Headers that are about the connection, and those that hyper and reqwest write themselves.
const NOT_PASSED: [&str; 12] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    // Answered here: the whole request is read before it is passed on.
    "expect",
    // The name of a test is none of the provider's business.
    "baggage",
];

/// Response headers that are kept: what says how to read the body, and what SDKs act on. The others speak of the moment
/// (dates, limits, request ids) or are secrets.
const KEPT: [&str; 9] = [
    "content-type",
    "content-encoding",
    "content-disposition",
    "content-range",
    "location",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "x-amzn-errortype",
];

/// A head that comes sooner is kept as one that came at once: nobody notices, and recordings stay calm.
const NOTICED: Duration = Duration::from_millis(100);

/// A key that the stack sends is masked in the answer if it is this long; a dummy like `ollama` is a word.
const KEY: usize = 16;

/// How long a connection may take, name and TLS included. The answer may take as long as `idle` says.
const CONNECT: Duration = Duration::from_secs(20);

/// Pieces that may wait for a slow client.
const WAITING: usize = 16;

/// What asks providers.
pub(super) struct Forwarder {
    /// For providers on this machine: no proxy stands between.
    local: reqwest::Client,
    /// For the others: by the system's proxy, if there is one.
    remote: reqwest::Client,
    idle: Duration,
    ledger: Arc<Ledger>,
    /// The bodies being passed on, which go on to their end even if the client leaves, where they are recorded.
    pub(super) pumps: TaskTracker,
}

/// A call to be passed on.
pub(super) struct Call {
    pub(super) url: Url,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Forwarder {
    /// `roots` are certificates (PEM) by which providers are trusted, beside the system's.
    pub(super) fn new(idle: Duration, roots: &[String], ledger: Arc<Ledger>) -> Result<Self, Error> {
        // Fails only if a provider of cryptography is installed already, and then that one serves.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let failed = |error: reqwest::Error| Error::Client(error.to_string());
        let mut trusted = Vec::new();
        for root in roots {
            trusted.extend(reqwest::Certificate::from_pem_bundle(root.as_bytes()).map_err(failed)?);
        }
        let client = |mut builder: reqwest::ClientBuilder| {
            if !trusted.is_empty() {
                builder = builder.tls_certs_merge(trusted.clone());
            }
            builder.redirect(Policy::none()).connect_timeout(CONNECT).build().map_err(failed)
        };
        Ok(Self {
            local: client(reqwest::Client::builder().no_proxy())?,
            remote: client(reqwest::Client::builder())?,
            idle,
            ledger,
            pumps: TaskTracker::new(),
        })
    }

    /// Asks the provider and passes its answer on as it arrives; with a ticket, the answer is kept.
    pub(super) async fn pass(
        self: &Arc<Self>,
        call: Call,
        upstream: &Upstream,
        ticket: Option<Ticket>,
    ) -> http::Response<AnswerBody> {
        let keep = Keep {
            ledger: Arc::clone(&self.ledger),
            provider: upstream.name.clone(),
            dialect: upstream.dialect,
            keys: if ticket.is_some() { keys(&call.headers, upstream.dialect) } else { Masks::default() },
            ticket,
        };
        let this = Arc::clone(self);
        if !keep.wanted() {
            return this.ask(call, upstream, keep).await;
        }
        // A task of its own: hyper drops the request's future when the client leaves, and a recording must be whole.
        let asking = upstream.clone();
        let asked = self.pumps.spawn(async move { this.ask(call, &asking, keep).await });
        asked.await.unwrap_or_else(|_| without_head(&upstream.name, End::Aborted))
    }

    async fn ask(
        self: Arc<Self>,
        mut call: Call,
        upstream: &Upstream,
        keep: Keep,
    ) -> http::Response<AnswerBody> {
        if let Some(key) = &upstream.key {
            put_key(&mut call, key);
        }
        let is_local = match call.url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
            Some(url::Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        };
        let client = if is_local { &self.local } else { &self.remote };
        let mut headers = request_headers(&call.headers, &upstream.headers);
        if keep.wanted() {
            // A recording should be readable. What is compressed all the same is kept as it is.
            headers.insert(http::header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        let bodiless = call.method == Method::HEAD;
        let asked = Instant::now();
        let request = client.request(call.method, call.url).headers(headers).body(call.body).send();
        let response = match timeout(self.idle, request).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_connect() => {
                keep.unreached(Unreached::new(&upstream.name, &upstream.url, &error));
                return keep.silence(End::Refused);
            }
            Ok(Err(_)) => return keep.silence(End::Aborted),
            Err(_) => return keep.silence(End::Timeout),
        };
        let head = kept_head(&response, bodiless, asked.elapsed());
        let mut answer = http::Response::new(());
        *answer.status_mut() = response.status();
        for (name, value) in response.headers() {
            if !NOT_PASSED.contains(&name.as_str()) {
                answer.headers_mut().append(name.clone(), value.clone());
            }
        }
        let (sender, receiver) = channel(WAITING);
        let idle = self.idle;
        if keep.wanted() {
            self.pumps.spawn(pump(response, head, sender, idle, keep));
        } else {
            tokio::spawn(pump(response, head, sender, idle, keep));
        }
        answer.map(|()| AnswerBody::Arriving(receiver))
    }
}

/// Puts the key where the stack sends the dummy: in whatever header or parameter of the query it keeps keys.
fn put_key(call: &mut Call, key: &Secret) {
    for value in call.headers.values_mut() {
        let with_key = value.to_str().ok().filter(|text| text.contains(DUMMY_KEY));
        let with_key = with_key.map(|text| text.replace(DUMMY_KEY, key.expose()));
        if let Some(Ok(mut with_key)) = with_key.map(HeaderValue::try_from) {
            with_key.set_sensitive(true);
            *value = with_key;
        }
    }
    if let Some(query) = call.url.query().filter(|query| query.contains(DUMMY_KEY)) {
        let key: String = url::form_urlencoded::byte_serialize(key.expose().as_bytes()).collect();
        let query = query.replace(DUMMY_KEY, &key);
        call.url.set_query(Some(&query));
    }
}

/// Hides the keys that the stack itself sends: a provider that refuses one likes to repeat it.
fn keys(headers: &HeaderMap, dialect: &Dialect) -> Masks {
    let values = dialect.secret_headers.iter().flat_map(|name| {
        let texts = headers.get_all(*name).into_iter().filter_map(|value| value.to_str().ok());
        texts.map(|text| ((*name).to_owned(), text.trim_start_matches("Bearer ")))
    });
    let long = values
        .filter(|(_, key)| key.len() >= KEY && *key != DUMMY_KEY)
        .map(|(name, key)| (name, Secret::new(key)));
    Masks::new(&long.collect::<Vec<_>>()).declared_only()
}

fn request_headers(headers: &HeaderMap, extra: &[(String, Secret)]) -> HeaderMap {
    let mut passed = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let own = extra.iter().any(|(extra, _)| name.as_str().eq_ignore_ascii_case(extra));
        if !own && name != http::header::CONTENT_LENGTH && !NOT_PASSED.contains(&name.as_str()) {
            passed.append(name.clone(), value.clone());
        }
    }
    for (name, value) in extra {
        if let (Ok(name), Ok(mut value)) =
            (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.expose()))
        {
            value.set_sensitive(true);
            passed.insert(name, value);
        }
    }
    passed
}

/// Where an answer is kept, if it is. Whatever happens to the call, its place is given back.
struct Keep {
    ledger: Arc<Ledger>,
    provider: String,
    dialect: &'static Dialect,
    keys: Masks,
    ticket: Option<Ticket>,
}

impl Keep {
    fn wanted(&self) -> bool {
        self.ticket.is_some()
    }

    fn answer(mut self, response: Response) {
        if let Some(ticket) = self.ticket.take() {
            self.ledger.complete(&ticket, self.dialect, Some(self.keys.response(response)));
        }
    }

    /// The answer is too large. Its case is told, and what comes is passed on all the same.
    fn give_up(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.ledger.give_up(&ticket, &self.provider, self.dialect);
        }
    }

    /// The provider was not reached, which is no answer of its own. Its case is told.
    fn unreached(&self, unreached: Unreached) {
        if let Some(ticket) = &self.ticket {
            self.ledger.unreached(ticket, unreached);
        }
    }

    fn silence(self, end: End) -> http::Response<AnswerBody> {
        let provider = self.provider.clone();
        self.answer(Response { head: None, body: Body::Whole(Bytes::new()), end });
        without_head(&provider, end)
    }
}

impl Drop for Keep {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.ledger.complete(&ticket, self.dialect, None);
        }
    }
}

/// Passes the body on, piece by piece as it arrives, and keeps it.
async fn pump(
    mut response: reqwest::Response,
    head: Head,
    client: Sender<Result<Bytes, BrokenOff>>,
    idle: Duration,
    mut keep: Keep,
) {
    let began = Instant::now();
    let announced = response.headers().contains_key(http::header::CONTENT_LENGTH);
    let mut taken = Taken::new(keep.wanted());
    let end = loop {
        let bytes = match timeout(idle, response.chunk()).await {
            Ok(Ok(Some(bytes))) => bytes,
            Ok(Ok(None)) => break End::Complete,
            Ok(Err(_)) => break End::Aborted,
            Err(_) => break End::Timeout,
        };
        taken.push(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX), &bytes);
        if keep.wanted() && !taken.is_whole() {
            keep.give_up();
        }
        if client.send(Ok(bytes)).await.is_err() && !taken.is_whole() {
            // Nobody reads and nobody keeps: dropping the response hangs up at the provider.
            return;
        }
    };
    // Kept first: when the client has read the end, the call is over for the ledger, too.
    let mut answer = Response { head: Some(head), body: Body::Whole(Bytes::new()), end };
    if let Some(body) = taken.into_body(answer.framing().is_some(), announced) {
        answer.body = body;
        keep.answer(answer);
    }
    if end != End::Complete {
        let _client_left = client.send(Err(BrokenOff)).await;
    }
}

/// Status and kept headers of an answer whose head came `after` the question. Where there is no body its length is kept,
/// too: it is all that is said about it.
fn kept_head(response: &reqwest::Response, bodiless: bool, after: Duration) -> Head {
    let status = response.status().as_u16();
    let is_kept = |name: &HeaderName| {
        KEPT.contains(&name.as_str()) || (bodiless || status == 304) && name == http::header::CONTENT_LENGTH
    };
    let headers = response.headers().iter().filter(|(name, _)| is_kept(name));
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), std::str::from_utf8(value.as_bytes()).ok()?.to_owned()))
    };
    let after = if after < NOTICED { 0 } else { u64::try_from(after.as_millis()).unwrap_or(u64::MAX) };
    Head { status, headers: headers.filter_map(text).collect(), after }
}
