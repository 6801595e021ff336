//! Waiting until the stack is ready: health, providers, wanted models.

use super::Error;
use super::capabilities::{self, Health, HealthRoute, Models};
use super::http::Http;
use super::log_end::LogEnd;
use crate::model::Capabilities;
use crate::source::nearest;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// The first pause between two looks; each is half as long again as the one before, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// At most so many model ids are named in a message.
const NAMED_MODELS: usize = 12;

/// What a stack lacks to be ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unready {
    /// It does not answer, or not healthily; what it does instead.
    Health(String),
    /// It serves a list of providers that is no list, or an empty one.
    Providers(String),
    /// It lists models, and not all that are wanted.
    Models {
        /// The wanted ones that it does not list.
        missing: Vec<String>,
        /// The ones that it lists.
        listed: BTreeSet<String>,
    },
}

impl Unready {
    /// What to do about it.
    pub(super) fn hint(&self) -> Option<String> {
        let Self::Models { missing, listed } = self else { return None };
        let typed = missing.first()?;
        let short = |id: &str| id.rsplit('/').next().unwrap_or_default().to_owned();
        let by_tail = || listed.iter().map(String::as_str).find(|id| short(id) == short(typed));
        let near = nearest(typed, listed.iter().map(String::as_str)).or_else(by_tail);
        Some(match near {
            Some(near) => format!("did you mean the model `{near}`?"),
            None => "choose a model that it lists, or enable the provider of the wanted one".to_owned(),
        })
    }
}

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Health(what) => write!(f, "it is not healthy ({what})"),
            Self::Providers(what) => write!(f, "it is healthy, but has no providers ({what})"),
            Self::Models { missing, listed } => {
                let listed_names: Vec<&str> = listed.iter().map(String::as_str).take(NAMED_MODELS).collect();
                let more = if listed.len() > NAMED_MODELS { ", …" } else { "" };
                let (missing, listed) = (missing.join(", "), listed_names.join(", "));
                write!(
                    f,
                    "it is healthy and has providers, but not the model {missing}; it lists {listed}{more}"
                )
            }
        }
    }
}

/// What the looks are about.
pub(super) struct Wanted<'a> {
    /// Model ids that must be listed, if any are.
    pub(super) models: &'a [String],
    /// What it is asked for its health.
    pub(super) health: HealthRoute<'a>,
    /// How long a list of models may lack a wanted one before it is taken as final.
    pub(super) settle: Duration,
    /// How long all of it may take.
    pub(super) timeout: Duration,
}

/// A stack that is ready.
pub(super) struct Ready {
    pub(super) capabilities: Capabilities,
    /// What the user should know about how it was found.
    pub(super) notices: Vec<String>,
}

/// Why the waiting ended without a ready stack.
pub(super) enum GaveUp {
    /// Nothing listens at all. Only told where nobody is known to be starting it.
    Refused(String),
    /// The time is over, or what is missing will not come.
    NotReady(NotReady),
}

/// What was missing at the end, and how long it was waited for.
pub(super) struct NotReady {
    unready: Unready,
    after: Duration,
}

impl NotReady {
    /// The error for a stack at `url` whose log has that `end`.
    pub(super) fn error(self, url: &str, end: Option<LogEnd>) -> Error {
        // Nobody wants to read nanoseconds.
        let after = Duration::from_millis(u64::try_from(self.after.as_millis()).unwrap_or(u64::MAX));
        Error::NotReady { url: url.to_owned(), after, unready: self.unready, end }
    }
}

/// Looks at the stack, with growing pauses, until it is ready. `refused_is_final`: a refused connection ends the waiting.
pub(super) async fn wait(http: &Http, wanted: &Wanted<'_>, refused_is_final: bool) -> Result<Ready, GaveUp> {
    let mut waiting = Waiting { started: Instant::now(), models_missing_since: None };
    let mut pause = FIRST_PAUSE;
    let mut last = Unready::Health("it does not answer".to_owned());
    loop {
        match tokio::time::timeout(waiting.left(wanted), look(http, wanted)).await {
            Ok(Look::Ready(ready)) => return Ok(ready),
            Ok(Look::Refused(why)) if refused_is_final => return Err(GaveUp::Refused(why)),
            Ok(Look::Refused(why)) => last = Unready::Health(format!("nothing listens there: {why}")),
            Ok(Look::Unready(unready)) => last = unready,
            Err(_) => {}
        }
        if waiting.is_over(&last, wanted) {
            let after = waiting.started.elapsed();
            return Err(GaveUp::NotReady(NotReady { unready: last, after }));
        }
        tokio::time::sleep(pause.min(waiting.left(wanted))).await;
        pause = (pause + pause / 2).min(LONGEST_PAUSE);
    }
}

struct Waiting {
    started: Instant,
    models_missing_since: Option<Instant>,
}

impl Waiting {
    fn left(&self, wanted: &Wanted<'_>) -> Duration {
        wanted.timeout.saturating_sub(self.started.elapsed())
    }

    /// Whether the time is over, or models have been missing for so long that they will not come.
    fn is_over(&mut self, unready: &Unready, wanted: &Wanted<'_>) -> bool {
        let missing = matches!(unready, Unready::Models { .. });
        self.models_missing_since =
            if missing { self.models_missing_since.or(Some(Instant::now())) } else { None };
        let settled = self.models_missing_since.is_some_and(|since| since.elapsed() >= wanted.settle);
        settled || self.left(wanted).is_zero()
    }
}

enum Look {
    Ready(Ready),
    Refused(String),
    Unready(Unready),
}

async fn look(http: &Http, wanted: &Wanted<'_>) -> Look {
    // All at once: a server may be far away, or slow, and most looks find it ready.
    let (health, providers, models, routes, version) = tokio::join!(
        capabilities::health(http, wanted.health),
        capabilities::provider_apis(http),
        capabilities::models(http),
        capabilities::route_apis(http),
        capabilities::version(http),
    );
    let mut notices = Vec::new();
    match health {
        Health::Ok => {}
        Health::NoRoute(status) => match models.instead_of_health(status) {
            Ok(saw) if wanted.health == HealthRoute::Any => {
                notices.push(format!("the server has no /v1/health; taken as healthy because {saw}"));
            }
            Ok(_) => {
                let asked = wanted.health.asked();
                return Look::Unready(Unready::Health(format!("it answers {status} to {asked}")));
            }
            Err(saw) => return Look::Unready(Unready::Health(saw)),
        },
        Health::Bad(saw) => return Look::Unready(Unready::Health(saw)),
        Health::Refused(why) => return Look::Refused(why),
    }
    let version = version.unwrap_or_default();
    let inspectable = matches!(providers, Ok(Some(_))) && routes.is_some();
    let server = version.server(inspectable);
    let version = version.version;
    let models = match models {
        Models::Listed(ids) => Some(ids),
        Models::NoList(_) | Models::NoAnswer(_) => None,
    };
    let providers = match providers {
        Ok(providers) => providers,
        Err(what) => return Look::Unready(Unready::Providers(what)),
    };
    if let Some(complaint) = missing_models(wanted.models, models.as_ref(), &mut notices) {
        return Look::Unready(complaint);
    }
    // Without its routes, what has answered is served too: no provider stands behind a list of models.
    let answered =
        [("providers", providers.is_some()), ("models", models.is_some()), ("version", version.is_some())];
    let answered = answered.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.to_owned());
    let apis = match (providers, routes) {
        (None, None) => None,
        (providers, routes) => Some(providers.into_iter().chain(routes).flatten().chain(answered).collect()),
    };
    Look::Ready(Ready { capabilities: Capabilities { server, apis, models, version }, notices })
}

/// The wanted models that a list lacks. No list, or an empty one, is a notice: many servers serve models that they do
/// not list.
fn missing_models(
    wanted: &[String],
    listed: Option<&BTreeSet<String>>,
    notices: &mut Vec<String>,
) -> Option<Unready> {
    let listed = match listed {
        Some(listed) if !listed.is_empty() => listed,
        _ if wanted.is_empty() => return None,
        _ => {
            notices.push(format!(
                "the server lists no models; that it has {} is taken on trust",
                wanted.join(", ")
            ));
            return None;
        }
    };
    let missing: Vec<String> = wanted.iter().filter(|model| !listed.contains(*model)).cloned().collect();
    (!missing.is_empty()).then(|| Unready::Models { missing, listed: listed.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_model_is_named() {
        let listed = ["ollama/llama3.2:3b", "openai/gpt-4o"].map(str::to_owned).into();
        let unready = |missing: &str| Unready::Models {
            missing: vec![missing.into()],
            listed: BTreeSet::clone(&listed),
        };
        assert_eq!(
            unready("ollama/lama3.2:3b").hint().unwrap(),
            "did you mean the model `ollama/llama3.2:3b`?"
        );
        assert_eq!(unready("gpt-4o").hint().unwrap(), "did you mean the model `openai/gpt-4o`?");
    }
}
