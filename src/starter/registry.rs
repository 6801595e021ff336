//! The models of the providers: asked for once, then known.

use super::api_error::ApiError;
use super::clock::unix_seconds;
use super::config::ProviderConfig;
use super::upstream::list_models;
use reqwest::Client;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

/// How long a request waits for the first answers of the providers.
const FIRST_LOAD: Duration = Duration::from_secs(10);
/// The pause before a provider is asked again for the first time; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A model of a provider.
#[derive(Debug, Clone)]
pub(crate) struct KnownModel {
    /// The provider's name for it.
    pub(crate) name: String,
    /// When it was made, in seconds since 1970.
    pub(crate) created: u64,
    /// Who owns it.
    pub(crate) owned_by: String,
}

/// What is known of a provider.
#[derive(Debug, Clone, Default)]
pub(crate) enum Load {
    /// It has not answered yet.
    #[default]
    Pending,
    /// Its models.
    Ready(Arc<[KnownModel]>),
    /// Why it did not list them.
    Failed(String),
}

/// A provider with what is known of it.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The provider.
    pub(crate) provider: ProviderConfig,
    load: watch::Sender<Load>,
}

/// All providers.
#[derive(Debug)]
pub(crate) struct Registry {
    slots: Vec<Arc<Slot>>,
    deadline: Instant,
}

/// Where a request for a model goes.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// The provider.
    pub(crate) provider: ProviderConfig,
    /// The provider's name for the model.
    pub(crate) model: String,
}

impl Registry {
    /// Nothing is asked yet; see [`Registry::loaders`].
    pub(crate) fn new(providers: Vec<ProviderConfig>) -> Self {
        let slots = providers
            .into_iter()
            .map(|provider| Arc::new(Slot { provider, load: watch::Sender::default() }))
            .collect();
        Self { slots, deadline: Instant::now() + FIRST_LOAD }
    }

    /// One future per provider that asks it for its models until it has answered. To be run in the background.
    pub(crate) fn loaders(&self, client: &Client) -> Vec<impl Future<Output = ()> + Send + use<>> {
        self.slots.iter().map(|slot| load(Arc::clone(slot), client.clone())).collect()
    }

    /// Every provider with what is known of it, once all have answered or the time for that is over.
    pub(crate) async fn settled(&self) -> Vec<(&ProviderConfig, Load)> {
        let mut all = Vec::with_capacity(self.slots.len());
        for slot in &self.slots {
            all.push((&slot.provider, self.known(slot).await));
        }
        all
    }

    /// Where to ask for `id`: `provider/model`, or a model's bare name where just one provider has it.
    ///
    /// A provider that could not list its models is asked all the same: it may have the model, and if it is down its
    /// own error says more than "no such model".
    ///
    /// # Errors
    /// 404 for a model that no provider has.
    pub(crate) async fn route(&self, id: &str) -> Result<Route, ApiError> {
        if let Some((slot, name)) = self.named(id) {
            let may_have = match self.known(slot).await {
                Load::Ready(models) => models.iter().any(|model| model.name == name),
                Load::Pending | Load::Failed(_) => true,
            };
            if may_have {
                return Ok(Route { provider: slot.provider.clone(), model: name.to_owned() });
            }
        }
        let mut owners = Vec::new();
        for (provider, load) in self.settled().await {
            let Load::Ready(models) = load else { continue };
            owners.extend(models.iter().any(|model| model.name == id).then_some(provider));
        }
        match owners.as_slice() {
            [provider] => Ok(Route { provider: (*provider).clone(), model: id.to_owned() }),
            _ => Err(no_such_model(id)),
        }
    }

    fn named<'a>(&self, id: &'a str) -> Option<(&Arc<Slot>, &'a str)> {
        let (provider, name) = id.split_once('/')?;
        let slot = self.slots.iter().find(|slot| slot.provider.id == provider)?;
        (!name.is_empty()).then_some((slot, name))
    }

    async fn known(&self, slot: &Slot) -> Load {
        let mut load = slot.load.subscribe();
        let settled = load.wait_for(|load| !matches!(load, Load::Pending));
        match timeout_at(self.deadline, settled).await {
            Ok(Ok(load)) => load.clone(),
            _ => slot.load.borrow().clone(),
        }
    }
}

/// 404, in OpenAI's words.
pub(crate) fn no_such_model(id: &str) -> ApiError {
    ApiError::not_found(format!("The model `{id}` does not exist")).at("model").coded("model_not_found")
}

async fn load(slot: Arc<Slot>, client: Client) {
    let mut pause = FIRST_PAUSE;
    loop {
        match list_models(&client, &slot.provider).await.and_then(|list| models_in(&list)) {
            Ok(models) => {
                slot.load.send_replace(Load::Ready(models.into()));
                return;
            }
            Err(why) => slot.load.send_replace(Load::Failed(why)),
        };
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn models_in(list: &Value) -> Result<Vec<KnownModel>, String> {
    // Ollama says `"data": null` when it has none.
    let entries = match list.get("data") {
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(Value::Null) => &[],
        _ => return Err("the answer to GET /models has no list `data`".to_owned()),
    };
    let model = |entry: &Value| {
        Some(KnownModel {
            name: entry.get("id")?.as_str()?.to_owned(),
            created: entry.get("created").and_then(Value::as_u64).unwrap_or_else(unix_seconds),
            owned_by: entry.get("owned_by").and_then(Value::as_str).unwrap_or("unknown").to_owned(),
        })
    };
    Ok(entries.iter().filter_map(model).collect())
}
