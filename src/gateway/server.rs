//! Takes requests in.

use super::answer::{AnswerBody, own, own_with, recorded};
use super::attribution::named;
use super::forward::{Call, Forwarder};
use super::ledger::{Ledger, Verdict};
use super::miss_body::miss_body;
use super::{Error, GatewayConfig, Upstream};
use crate::model::Miss;
use crate::wire::message::Request;
use crate::wire::trace::{BAGGAGE, step_in_baggage};
use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use std::sync::Arc;
use url::Url;

/// The status of a miss. The SDKs of the providers retry 408, 409, 429 and 5xx, and no provider answers 418, so that a
/// miss is asked once and cannot be taken for an answer.
pub const MISS_STATUS: u16 = 418;

/// The header that marks the gateway's own answers: `miss`, `upstream` (the provider gave none), `request` (refused).
pub const NOTE: &str = "x-stack-test";

/// OpenAI's clients ask again, or do not, as this header says.
const SHOULD_RETRY: &str = "x-should-retry";

/// Bytes that the body of a request may have.
const LARGEST: usize = 256 * 1024 * 1024;

/// Answers requests.
pub(super) struct Server {
    pub(super) providers: Vec<(Upstream, Url)>,
    pub(super) ledger: Arc<Ledger>,
    /// `None` in replay: then there is nothing that could connect.
    pub(super) forwarder: Option<Arc<Forwarder>>,
    close_connections: bool,
}

impl Server {
    pub(super) fn new(
        config: GatewayConfig,
        ledger: Arc<Ledger>,
        forwarder: Option<Arc<Forwarder>>,
    ) -> Result<Self, Error> {
        let mut providers: Vec<(Upstream, Url)> = Vec::new();
        for upstream in config.providers {
            let wrong = |problem: String| Error::Provider { name: upstream.name.clone(), problem };
            let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if upstream.name.is_empty() || upstream.name.starts_with('.') || !upstream.name.bytes().all(named)
            {
                return Err(wrong("its name may have letters, digits, `-`, `_` and `.`".into()));
            }
            if providers.iter().any(|(other, _)| other.name == upstream.name) {
                return Err(wrong("it is given twice".into()));
            }
            let url =
                Url::parse(&upstream.url).map_err(|error| wrong(format!("`{}`: {error}", upstream.url)))?;
            if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
                return Err(wrong(format!("`{}` is no http(s) URL", upstream.url)));
            }
            providers.push((upstream, url));
        }
        Ok(Self { providers, ledger, forwarder, close_connections: config.close_connections })
    }

    pub(super) async fn answer(&self, request: http::Request<Incoming>) -> http::Response<AnswerBody> {
        let mut response =
            self.decide(request).await.unwrap_or_else(|Refusal(status, what)| own(status, "request", &what));
        if self.close_connections {
            response.headers_mut().insert(http::header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    async fn decide(&self, request: http::Request<Incoming>) -> Result<http::Response<AnswerBody>, Refusal> {
        let (parts, body) = request.into_parts();
        let (upstream, base, path) = self.route(parts.uri.path())?;
        let query = parts.uri.query().unwrap_or_default();
        let body = whole_body(body).await?;
        let content_type =
            parts.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let asked = Request {
            provider: upstream.name.clone(),
            method: parts.method.as_str().to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            content_type: content_type.filter(|kind| !is_json(kind) && !body.is_empty()).map(str::to_owned),
            body: body.clone(),
        };
        let polled = parts.method == http::Method::GET
            && upstream.dialect.polled.iter().any(|end| path.ends_with(end));
        match self.ledger.decide(asked, named(&parts.headers), polled) {
            Verdict::Replay(loaded, place) => {
                let exchange = &loaded.set.exchanges[place];
                Ok(recorded(&exchange.request.provider, &exchange.response))
            }
            Verdict::Miss(unanswered) => Ok(missed(&self.ledger.explain(*unanswered, step(&parts.headers)))),
            Verdict::Forward(ticket) => {
                let Some(forwarder) = &self.forwarder else {
                    return Err(refused(StatusCode::FORBIDDEN, "in replay no provider is asked"));
                };
                let mut url = base.clone();
                url.set_path(path);
                url.set_query(Some(query).filter(|query| !query.is_empty()));
                let call = Call { url, method: parts.method, headers: parts.headers, body };
                Ok(forwarder.pass(call, upstream, ticket).await)
            }
        }
    }

    /// The provider that the path names, and the path there.
    fn route<'a>(&self, path: &'a str) -> Result<(&Upstream, &Url, &'a str), Refusal> {
        if climbs(path) {
            return Err(refused(
                StatusCode::BAD_REQUEST,
                "the path must not climb: it has a step `.` or `..`",
            ));
        }
        let (name, rest) = path.trim_start_matches('/').split_once('/').map_or_else(
            || (path.trim_matches('/'), "/"),
            |(name, rest)| (name, &path[path.len() - rest.len() - 1..]),
        );
        match self.providers.iter().find(|(upstream, _)| upstream.name == name) {
            Some((upstream, base)) => Ok((upstream, base, rest)),
            None => {
                let known: Vec<&str> = self.providers.iter().map(|(one, _)| one.name.as_str()).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let what =
                    format!("the first step of the path names a provider; there is no `{name}`, but {known}");
                Err(refused(StatusCode::NOT_FOUND, &what))
            }
        }
    }
}

/// Whether a path has a step `.` or `..`, also where it is percent-encoded.
fn climbs(path: &str) -> bool {
    let has_climbing_step = |path: &str| path.split(['/', '\\']).any(|step| step == "." || step == "..");
    if !path.contains('%') {
        return has_climbing_step(path);
    }
    has_climbing_step(&path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/"))
}

fn is_json(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

async fn whole_body(body: Incoming) -> Result<Bytes, Refusal> {
    if http_body::Body::size_hint(&body).lower() > LARGEST as u64 {
        return Err(too_large());
    }
    match Limited::new(body, LARGEST).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(refused(StatusCode::BAD_REQUEST, "the body of the request broke off")),
    }
}

fn too_large() -> Refusal {
    refused(StatusCode::PAYLOAD_TOO_LARGE, "the body of a request may have 256 MiB")
}

/// A request that is answered by the gateway itself, and what it says.
struct Refusal(StatusCode, String);

fn refused(status: StatusCode, what: &str) -> Refusal {
    Refusal(status, what.to_owned())
}

/// The step of the case that the baggage names.
fn step(headers: &http::HeaderMap) -> Option<String> {
    let texts = headers.get_all(BAGGAGE).into_iter().filter_map(|value| value.to_str().ok());
    texts.filter_map(step_in_baggage).next()
}

/// What the stack is told: enough to see in its own log what is wrong, and not to ask again.
fn missed(miss: &Miss) -> http::Response<AnswerBody> {
    let status = StatusCode::from_u16(MISS_STATUS).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = own_with(status, "miss", miss_body(miss));
    response.headers_mut().insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    response
}
