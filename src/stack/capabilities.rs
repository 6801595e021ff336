//! What a server says about itself. Llama Stack says most; a plain OpenAI-compatible server lists models at best.

use super::http::{Http, NoAnswer};
use crate::model::Server;
use crate::starter;
use serde_json::Value;
use std::collections::BTreeSet;

/// What came of asking for health.
pub(super) enum Health {
    /// `/v1/health` says OK.
    Ok,
    /// There is no such route; the status it answers with.
    NoRoute(u16),
    /// It is not well, or not yet.
    Bad(String),
    /// Nobody listens.
    Refused(String),
}

/// What a server is asked for its health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HealthRoute<'a> {
    /// `/v1/health`, which must say OK: a stack that we start.
    Stack,
    /// `/v1/health`; without one, it is well if it answers: a server that somebody else runs.
    Any,
    /// `/v1/health`, `/health` or `/v1/models`, the first that is served: a server that we start and know little of.
    Usual,
    /// This path, which must answer with 2xx.
    At(&'a str),
}

impl HealthRoute<'_> {
    /// What was asked, for messages.
    pub(super) fn asked(self) -> String {
        match self {
            Self::Stack | Self::Any => "/v1/health".to_owned(),
            Self::Usual => "/v1/health, /health and /v1/models".to_owned(),
            Self::At(path) => path.to_owned(),
        }
    }
}

/// Asks for health.
pub(super) async fn health(http: &Http, route: HealthRoute<'_>) -> Health {
    match route {
        HealthRoute::Stack | HealthRoute::Any => stack_health(http).await,
        HealthRoute::At(path) => match answers(http, path).await {
            Health::NoRoute(status) => Health::Bad(format!("{path} answers {status}")),
            health => health,
        },
        HealthRoute::Usual => {
            let mut health = stack_health(http).await;
            for path in ["/health", "/v1/models"] {
                if !matches!(health, Health::NoRoute(_)) {
                    break;
                }
                health = answers(http, path).await;
            }
            health
        }
    }
}

/// Whether `path` answers with 2xx.
async fn answers(http: &Http, path: &str) -> Health {
    match http.get(path).await {
        Ok(answer) if (200..300).contains(&answer.status) => Health::Ok,
        Ok(answer) if answer.status < 500 => Health::NoRoute(answer.status),
        Ok(answer) => Health::Bad(format!("{path} answers {}", answer.status)),
        Err(NoAnswer::Refused(why)) => Health::Refused(why),
        Err(NoAnswer::Broken(why)) => Health::Bad(why),
    }
}

/// Asks `/v1/health`.
async fn stack_health(http: &Http) -> Health {
    let answer = match http.get("/v1/health").await {
        Ok(answer) => answer,
        Err(NoAnswer::Refused(why)) => return Health::Refused(why),
        Err(NoAnswer::Broken(why)) => return Health::Bad(why),
    };
    let status = answer.json.as_ref().and_then(|json| json.get("status")).and_then(Value::as_str);
    match (answer.status, status) {
        (200, Some(word)) if word.eq_ignore_ascii_case("ok") => Health::Ok,
        (200, Some(word)) => Health::Bad(format!("/v1/health says `{}`", shortened(word))),
        (status @ 200..=499, _) => Health::NoRoute(status),
        (status, _) => Health::Bad(format!("/v1/health answers {status}")),
    }
}

/// The answer to `/v1/models`.
pub(super) enum Models {
    /// The ids it lists.
    Listed(BTreeSet<String>),
    /// It answers something else; the status.
    NoList(u16),
    /// It does not answer.
    NoAnswer(String),
}

impl Models {
    /// What a server without a health route is taken as healthy for: that it lists models, or answers at all.
    ///
    /// # Errors
    /// Why it is not.
    pub(super) fn instead_of_health(&self, health: u16) -> Result<String, String> {
        match self {
            Self::Listed(_) => Ok("/v1/models lists models".to_owned()),
            Self::NoList(status) if *status < 500 => {
                Ok(format!("it answers HTTP ({health} to /v1/health, {status} to /v1/models)"))
            }
            Self::NoList(status) => Err(format!("/v1/models answers {status}")),
            Self::NoAnswer(why) => Err(why.clone()),
        }
    }
}

/// The APIs of `/v1/providers`; `None` where it is not served.
///
/// # Errors
/// A list that is empty or no list, or a server that is not well: it may become a good one.
pub(super) async fn provider_apis(http: &Http) -> Result<Option<BTreeSet<String>>, String> {
    let answer = match http.get("/v1/providers").await {
        Ok(answer) => answer,
        Err(NoAnswer::Refused(why) | NoAnswer::Broken(why)) => return Err(why),
    };
    match (answer.status, answer.json.as_ref().and_then(|json| json.get("data")).and_then(Value::as_array)) {
        (200, Some(data)) if data.is_empty() => Err("/v1/providers is empty".to_owned()),
        (200, Some(data)) => Ok(Some(data.iter().filter_map(|item| text(item, "api")).collect())),
        (500.., _) => Err(format!("/v1/providers answers {}", answer.status)),
        _ => Ok(None),
    }
}

/// Asks `/v1/models`.
pub(super) async fn models(http: &Http) -> Models {
    match http.get("/v1/models").await {
        Ok(answer) => match ids(answer.json.as_ref()) {
            Some(ids) if answer.status == 200 => Models::Listed(ids),
            _ => Models::NoList(answer.status),
        },
        Err(NoAnswer::Refused(why) | NoAnswer::Broken(why)) => Models::NoAnswer(why),
    }
}

/// The APIs whose routes `/v1/inspect/routes` lists: `/v1/vector_stores` counts for `vector_io` too, which has no route
/// of its own name.
pub(super) async fn route_apis(http: &Http) -> Option<BTreeSet<String>> {
    let answer = http.get("/v1/inspect/routes").await.ok().filter(|answer| answer.status == 200)?;
    let routes = answer.json.as_ref()?.get("data")?.as_array()?.clone();
    let mut apis = BTreeSet::new();
    for route in routes.iter().filter_map(|route| text(route, "route")) {
        let segments: Vec<&str> = route.split('/').filter(|segment| !segment.is_empty()).collect();
        let Some(name) = segments.iter().find(|segment| !is_version(segment)) else { continue };
        apis.insert((*name).to_owned());
        let implied = match *name {
            "chat" | "completions" | "embeddings" => "inference",
            "vector_stores" => "vector_io",
            "moderations" => "safety",
            _ => continue,
        };
        apis.insert(implied.to_owned());
    }
    Some(apis)
}

/// What `/v1/version` says.
#[derive(Debug, Default)]
pub(super) struct Version {
    /// Its version.
    pub(super) version: Option<String>,
    /// Its name; only the embedded stack says one.
    name: Option<String>,
}

impl Version {
    /// Which server it is. `inspectable`: it lists its providers and routes, which is what Llama Stack and OGX do; OGX began at
    /// 1.0, and Llama Stack ended before it.
    pub(super) fn server(&self, inspectable: bool) -> Server {
        let major =
            self.version.as_deref().and_then(|version| version.split('.').next()?.parse::<u64>().ok());
        match (self.name.as_deref(), major) {
            (Some(starter::NAME), _) => Server::Embedded,
            (None, Some(0)) if inspectable => Server::LlamaStack,
            (None, Some(_)) if inspectable => Server::Ogx,
            _ => Server::Other,
        }
    }
}

/// Asks `/v1/version`.
pub(super) async fn version(http: &Http) -> Option<Version> {
    let answer = http.get("/v1/version").await.ok().filter(|answer| answer.status == 200)?;
    let json = answer.json.as_ref()?;
    let said = |key: &str| text(json, key).map(|text| shortened(&text));
    Some(Version { version: said("version"), name: said("server") })
}

fn ids(json: Option<&Value>) -> Option<BTreeSet<String>> {
    let data = json?.get("data")?.as_array()?;
    let id = |item: &Value| text(item, "id").or_else(|| text(item, "identifier"));
    Some(data.iter().filter_map(id).collect())
}

fn text(item: &Value, key: &str) -> Option<String> {
    item.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// `v1`, `v1alpha`, `v1beta`.
fn is_version(segment: &str) -> bool {
    let rest = segment.strip_prefix('v').unwrap_or_default();
    rest.starts_with(|c: char| c.is_ascii_digit())
}

/// A word of a server's for a message of ours: short, and nothing that a terminal would act on.
fn shortened(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(80).collect()
}
