//! Takes requests in.

use super::admin::{self, Admin};
use super::answer::{AnswerBody, own, own_with, recorded};
use super::attribution::{case_of_token, named, of_session};
use super::forward::{Call, Forwarder};
use super::ledger::{Ledger, Verdict};
use super::miss_body::miss_body;
use super::mitm::Place;
use super::pace::before_head;
use super::request_body::{self, BodyProblem};
use super::{Error, GatewayConfig, Upstream};
use crate::model::{CaseId, InferenceMode, Miss, ReplaySpeed};
use crate::wire::message::Request;
use crate::wire::trace::{BAGGAGE, step_in_baggage};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, StatusCode};
use hyper::body::Incoming;
use std::net::SocketAddr;
use std::sync::Arc;
use url::Url;

/// The status of a miss. The SDKs of the providers retry 408, 409, 429 and 5xx, and no provider answers 418, so that a
/// miss is asked once and cannot be taken for an answer.
pub const MISS_STATUS: u16 = 418;

/// The header that marks the gateway's own answers: `miss`, `upstream` (the provider gave none), `request` (refused),
/// `egress` (a host that is no provider's).
pub const NOTE: &str = "x-stack-test";

/// OpenAI's clients ask again, or do not, as this header says.
const SHOULD_RETRY: &str = "x-should-retry";

/// Answers requests.
pub(super) struct Server {
    pub(super) providers: Vec<(Upstream, Url)>,
    pub(super) ledger: Arc<Ledger>,
    /// `None` in replay: then there is nothing that could connect.
    pub(super) forwarder: Option<Arc<Forwarder>>,
    /// For a gateway that no runner of ours steers.
    pub(super) admin: Option<Admin>,
    close_connections: bool,
    replay_speed: ReplaySpeed,
}

impl Server {
    pub(super) fn new(
        config: GatewayConfig,
        address: SocketAddr,
        ledger: Arc<Ledger>,
        forwarder: Option<Arc<Forwarder>>,
    ) -> Result<Self, Error> {
        let mut admin = Admin::of(&config, address, &ledger);
        let mut providers: Vec<(Upstream, Url)> = Vec::new();
        for upstream in config.providers {
            let wrong = |problem: String| Error::Provider { name: upstream.name.clone(), problem };
            let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            let begins_ill = upstream.name.starts_with('.') || upstream.name == admin::STEP;
            if upstream.name.is_empty() || begins_ill || !upstream.name.bytes().all(named) {
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
        if let Some(admin) = &mut admin {
            admin.providers = providers
                .iter()
                .map(|(one, url)| (one.name.clone(), base_url(address, "", &one.name, Some(url))))
                .collect();
        }
        let GatewayConfig { close_connections, replay_speed, .. } = config;
        Ok(Self { providers, ledger, forwarder, admin, close_connections, replay_speed })
    }

    /// The URL at `address` that stands for that of `provider`; it leads nowhere if there is no such provider.
    pub(super) fn base_url(&self, address: SocketAddr, before: &str, provider: &str) -> String {
        let known = self.providers.iter().find(|(upstream, _)| upstream.name == provider);
        base_url(address, before, provider, known.map(|(_, url)| url))
    }

    /// Answers a request to the provider that the path names or, with a place, to the one that is there.
    pub(super) async fn answer(
        &self,
        request: http::Request<Incoming>,
        place: Option<&Place>,
    ) -> http::Response<AnswerBody> {
        let decided = self.decide(request, place).await;
        let mut response = decided.unwrap_or_else(|Refusal(status, what)| own(status, "request", &what));
        if self.close_connections {
            response.headers_mut().insert(http::header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    async fn decide(
        &self,
        request: http::Request<Incoming>,
        place: Option<&Place>,
    ) -> Result<http::Response<AnswerBody>, Refusal> {
        let (mut parts, body) = request.into_parts();
        if let (Some(admin), None) = (&self.admin, place) {
            admin.guard(&parts)?;
            if admin::is_meant(parts.uri.path()) {
                return admin.answer(&parts, body).await;
            }
        }
        let (token, (upstream, base, path)) = match place {
            None => {
                let (token, path) = own_case(parts.uri.path())?;
                (token, self.route(path)?)
            }
            Some(place) => (None, self.visit(place, parts.uri.path(), &parts.headers)?),
        };
        let query = parts.uri.query().unwrap_or_default();
        let body = request_body::whole(body).await?;
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
        let of_session = of_session(&parts.headers);
        let named = match &self.admin {
            _ if of_session => None,
            Some(admin) => admin.cases.named(&mut parts.headers, token),
            None => named(&parts.headers, token),
        };
        if let (Some(admin), Some((case, _)), false) = (&self.admin, &named, polled) {
            admin.cases.arrive(case);
        }
        // What is not kept is not seen by the ledger when it is answered.
        let unkept = named.as_ref().filter(|_| self.ledger.mode == InferenceMode::Live);
        let unkept = unkept.map(|(case, _)| case.clone());
        match self.ledger.decide(asked, named, polled || of_session) {
            Verdict::Replay(loaded, place) => {
                let exchange = &loaded.set.exchanges[place];
                before_head(&exchange.response, self.replay_speed).await;
                Ok(recorded(exchange, self.replay_speed))
            }
            Verdict::Quote(exchange) => {
                before_head(&exchange.response, self.replay_speed).await;
                Ok(recorded(&exchange, self.replay_speed))
            }
            Verdict::Miss(unanswered) => Ok(missed(&self.ledger.explain(*unanswered, step(&parts.headers)))),
            Verdict::Forward(ticket) => {
                let Some(forwarder) = &self.forwarder else {
                    return Err(refused(StatusCode::FORBIDDEN, "in replay no provider is asked"));
                };
                let mut url = base.clone();
                url.set_path(path);
                url.set_query(Some(query).filter(|query| !query.is_empty()));
                if let Some(sigv4) = &upstream.sigv4 {
                    sigv4.sign_again(&parts.method, &url, &mut parts.headers, &body);
                }
                let call = Call { url, method: parts.method, headers: parts.headers, body };
                let answer = forwarder.pass(call, upstream, ticket).await;
                if let Some(case) = unkept.filter(|_| answer.status().as_u16() >= 400) {
                    self.ledger.failed(case);
                }
                Ok(answer)
            }
        }
    }

    /// The provider at `place`, and the path there. A client that got a connection to one host and asks another on it is
    /// sent away.
    fn visit<'a>(
        &'a self,
        place: &'a Place,
        path: &'a str,
        headers: &HeaderMap,
    ) -> Result<(&'a Upstream, &'a Url, &'a str), Refusal> {
        unclimbing(path)?;
        if !path.starts_with('/') {
            return Err(refused(StatusCode::BAD_REQUEST, "the path must begin with a slash"));
        }
        let asked = headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let asked: Option<Authority> = asked.and_then(|host| host.parse().ok());
        let known = place.origin.host_str().unwrap_or_default();
        if !asked.is_some_and(|asked| asked.host().trim_end_matches('.').eq_ignore_ascii_case(known)) {
            let what = format!("the connection is one to `{known}`, and `host` must say so");
            return Err(refused(StatusCode::MISDIRECTED_REQUEST, &what));
        }
        match self.providers.get(place.provider) {
            Some((upstream, _)) => Ok((upstream, &place.origin, path)),
            None => Err(refused(StatusCode::NOT_FOUND, "there is no such provider")),
        }
    }

    /// The provider that the path names, and the path there.
    fn route<'a>(&self, path: &'a str) -> Result<(&Upstream, &Url, &'a str), Refusal> {
        unclimbing(path)?;
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

/// What is used in place of the URL of a provider: the same path behind the gateway's address, the step `before` that may
/// name a case, and the provider's name.
fn base_url(address: SocketAddr, before: &str, provider: &str, url: Option<&Url>) -> String {
    let path = url.map_or("", |url| url.path().trim_end_matches('/'));
    format!("http://{address}{before}/{provider}{path}")
}

/// The case that the first step of the path names, and the rest.
fn own_case(path: &str) -> Result<(Option<CaseId>, &str), Refusal> {
    let Some(rest) = path.strip_prefix('/').filter(|rest| rest.starts_with('@')) else {
        return Ok((None, path));
    };
    let token = rest.split('/').next().unwrap_or_default();
    match case_of_token(token) {
        Some(case) => Ok((Some(case), &rest[token.len()..])),
        None => Err(refused(
            StatusCode::NOT_FOUND,
            "the first step of the path begins with `@` and names no case",
        )),
    }
}

fn unclimbing(path: &str) -> Result<(), Refusal> {
    if climbs(path) {
        return Err(refused(StatusCode::BAD_REQUEST, "the path must not climb: it has a step `.` or `..`"));
    }
    Ok(())
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

/// A request that is answered by the gateway itself, and what it says.
pub(super) struct Refusal(StatusCode, String);

pub(super) fn refused(status: StatusCode, what: &str) -> Refusal {
    Refusal(status, what.to_owned())
}

impl From<BodyProblem> for Refusal {
    fn from(problem: BodyProblem) -> Self {
        let status = match problem {
            BodyProblem::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            // Not 408, which SDKs take for an invitation to ask again.
            BodyProblem::Stalled | BodyProblem::Slow | BodyProblem::BrokenOff => StatusCode::BAD_REQUEST,
        };
        Self(status, problem.to_string())
    }
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
