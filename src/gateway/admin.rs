//! `/__stack_test/…`: how somebody else's runner steers a gateway and asks what came of its calls.
//!
//! Whoever reaches the port may ask, and the port is on loopback. A browser is on loopback, too, and runs pages of
//! anybody: what a page of another origin sends is refused, and so is a name that was bent to this address (DNS rebinding).

use super::answer::{AnswerBody, own};
use super::cases::{Cases, Seen, case_named};
use super::ledger::Ledger;
use super::request_body;
use super::server::{Refusal, refused};
use super::{GatewayConfig, UnusedCall};
use crate::model::{CaseId, InferenceMode, MissForm, Traffic};
use crate::recording::Owner;
use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use url::{Host, Url};

/// The first step of the paths here; no provider can be called so.
pub(super) const STEP: &str = "__stack_test";

/// What there is to ask and do, for an answer to whoever asks for something else.
const ROUTES: &str = "GET status, cases, misses, unused; POST case/open, case/close, reset";

/// What the paths here need.
pub(super) struct Admin {
    pub(super) cases: Cases,
    /// Names and base URLs here.
    pub(super) providers: Vec<(String, String)>,
    mode: InferenceMode,
    setup: String,
    root: String,
    address: SocketAddr,
}

/// Whether a request is for this.
pub(super) fn is_meant(path: &str) -> bool {
    let path = path.trim_start_matches('/');
    path.strip_prefix(STEP).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Admin {
    /// For a gateway of its own; `None` if a runner of ours steers it.
    pub(super) fn of(config: &GatewayConfig, address: SocketAddr, ledger: &Arc<Ledger>) -> Option<Self> {
        let standalone = config.standalone.as_ref()?;
        Some(Self {
            cases: Cases::new(standalone, Arc::clone(ledger)),
            providers: Vec::new(),
            mode: config.mode,
            setup: config.setup.clone(),
            root: config.root.to_string_lossy().into_owned(),
            address,
        })
    }

    /// Refuses what a page of another origin sends, to whatever path: it could spend the tokens of a provider.
    pub(super) fn guard(&self, parts: &Parts) -> Result<(), Refusal> {
        let refuse = || Err(refused(StatusCode::FORBIDDEN, "a page of another origin may not ask here"));
        for origin in parts.headers.get_all(ORIGIN) {
            let url = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
            if !url.is_some_and(|url| url.host().is_some_and(|host| is_loopback(&host))) {
                return refuse();
            }
        }
        match parts.headers.get("sec-fetch-site") {
            Some(site) if site == "cross-site" => refuse(),
            _ => Ok(()),
        }
    }

    /// Answers a request for which [`is_meant`] holds.
    pub(super) async fn answer(
        &self,
        parts: &Parts,
        body: Incoming,
    ) -> Result<http::Response<AnswerBody>, Refusal> {
        if !names_loopback(parts) {
            let what =
                format!("`host` must name this machine: 127.0.0.1:{} or localhost", self.address.port());
            return Err(refused(StatusCode::FORBIDDEN, &what));
        }
        // A page of this very machine is no more trusted here than one of elsewhere.
        if parts.headers.contains_key(ORIGIN) {
            return Err(refused(StatusCode::FORBIDDEN, "a page may not ask here"));
        }
        let route = parts.uri.path().trim_start_matches('/').strip_prefix(STEP).unwrap_or_default();
        let route = route.trim_matches('/');
        match (&parts.method, route) {
            (&Method::GET, "status") => Ok(answered(&self.status())),
            (&Method::GET, "cases") => Ok(answered(&self.list())),
            (&Method::GET, "misses") => Ok(answered(&self.misses())),
            (&Method::GET, "unused") => Ok(answered(&self.unused())),
            (&Method::POST, "case/open" | "case/close" | "reset") => {
                let asked = Asked::read(parts, body).await?;
                self.steer(route, &asked).map(|answer| answered(&answer))
            }
            (_, "status" | "cases" | "misses" | "unused" | "case/open" | "case/close" | "reset") => {
                let what = format!("{} is not for `{route}`; there is {ROUTES}", parts.method);
                Err(refused(StatusCode::METHOD_NOT_ALLOWED, &what))
            }
            _ => Err(refused(StatusCode::NOT_FOUND, &format!("there is no `{route}` here, but {ROUTES}"))),
        }
    }

    fn steer(&self, route: &str, asked: &Asked) -> Result<Value, Refusal> {
        match route {
            "case/open" => {
                let case = asked.case()?;
                self.cases.open(&case);
                Ok(json!({"case": case.to_string(), "open": true}))
            }
            "case/close" => {
                let case = asked.case()?;
                let Some(traffic) = self.cases.close(&case, asked.keep()?) else {
                    let what = format!("`{case}` is not open: nothing opened it and no call named it");
                    return Err(refused(StatusCode::NOT_FOUND, &what));
                };
                Ok(case_json(&case.to_string(), false, &traffic))
            }
            _ if self.mode == InferenceMode::Replay => {
                let only = asked.0.get("case").map(|_| asked.case()).transpose()?;
                self.cases.reset(only.as_ref());
                Ok(json!({"reset": only.map_or("all".to_owned(), |case| case.to_string())}))
            }
            _ => Err(refused(
                StatusCode::BAD_REQUEST,
                "a reset is for replay; here it would drop what is being recorded: open the case anew",
            )),
        }
    }

    fn status(&self) -> Value {
        let all = self.cases.all();
        let mut sum = Traffic::default();
        all.iter().for_each(|seen| sum.add(&seen.traffic));
        let cases = || all.iter().filter(|seen| seen.owner != Owner::Session);
        let provider = |(name, url): &(String, String)| json!({"name": name, "base_url": url});
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "mode": self.mode.name(),
            "setup": self.setup,
            "recordings": self.root,
            "providers": self.providers.iter().map(provider).collect::<Vec<_>>(),
            "cases": cases().count(),
            "open": cases().filter(|seen| seen.is_open).count(),
            "replayed": sum.replayed,
            "recorded": sum.recorded,
            "live": sum.live,
            "misses": sum.misses.len(),
            "unused": sum.unused,
        })
    }

    fn list(&self) -> Value {
        let all = self.cases.all();
        let case = |seen: &Seen| case_json(&seen.owner.to_string(), seen.is_open, &seen.traffic);
        json!({"cases": all.iter().map(case).collect::<Vec<_>>()})
    }

    fn misses(&self) -> Value {
        let mut misses = Vec::new();
        for seen in self.cases.all() {
            for miss in &seen.traffic.misses {
                let mut miss = json!(MissForm::new(miss));
                miss["case"] = json!(seen.owner.to_string());
                misses.push(miss);
            }
        }
        json!({"misses": misses})
    }

    fn unused(&self) -> Value {
        let all = self.cases.unused();
        let call = |call: &UnusedCall| {
            let UnusedCall { call, provider, method, path } = call;
            json!({"call": call, "provider": provider, "method": method, "path": path})
        };
        let case = |(case, calls): &(CaseId, Vec<UnusedCall>)| {
            let listed: Vec<Value> = calls.iter().map(call).collect();
            json!({"case": case.to_string(), "unused": calls.len(), "calls": listed})
        };
        let sum: usize = all.iter().map(|(_, calls)| calls.len()).sum();
        json!({"unused": sum, "cases": all.iter().map(case).collect::<Vec<_>>()})
    }
}

/// What was posted: an object.
struct Asked(serde_json::Map<String, Value>);

impl Asked {
    async fn read(parts: &Parts, body: Incoming) -> Result<Self, Refusal> {
        // A page can post other types without being asked for leave first.
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
            let what = "`content-type: application/json` is wanted here";
            return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, what));
        }
        let body = request_body::whole(body).await?;
        let wrong = |what: &str| refused(StatusCode::BAD_REQUEST, what);
        match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(wrong("an object is wanted here: {\"case\": \"…\"}")),
            Err(_) if body.is_empty() => Ok(Self(serde_json::Map::new())),
            Err(error) => Err(wrong(&format!("the body is no JSON: {error}"))),
        }
    }

    fn case(&self) -> Result<CaseId, Refusal> {
        let case = self.0.get("case").and_then(Value::as_str).and_then(case_named);
        case.ok_or_else(|| {
            refused(StatusCode::BAD_REQUEST, "`case` is wanted: a text that names it, such as `suite::case`")
        })
    }

    fn keep(&self) -> Result<bool, Refusal> {
        match self.0.get("keep") {
            None => Ok(true),
            Some(Value::Bool(keep)) => Ok(*keep),
            Some(_) => Err(refused(StatusCode::BAD_REQUEST, "`keep` is true or false")),
        }
    }
}

fn case_json(case: &str, is_open: bool, traffic: &Traffic) -> Value {
    json!({
        "case": case,
        "open": is_open,
        "replayed": traffic.replayed,
        "recorded": traffic.recorded,
        "live": traffic.live,
        "unused": traffic.unused,
        "decided": traffic.decided.map(|decided| decided.name()),
        "misses": traffic.misses.iter().map(MissForm::new).collect::<Vec<_>>(),
    })
}

fn answered(answer: &Value) -> http::Response<AnswerBody> {
    let mut response = own(StatusCode::OK, "admin", "");
    *response.body_mut() = AnswerBody::whole(format!("{answer}\n").into());
    response.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
    response
}

/// Whether the request is addressed to this machine by a name that cannot be bent to it from outside.
fn names_loopback(parts: &Parts) -> bool {
    let mut hosts = parts.headers.get_all(HOST).into_iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let url = host.to_str().ok().and_then(|host| Url::parse(&format!("http://{host}/")).ok());
    url.is_some_and(|url| {
        url.username().is_empty() && url.path() == "/" && url.host().is_some_and(|host| is_loopback(&host))
    })
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
