//! What a request to the embedded stack hands on to the provider calls it causes.

use super::api_error::ApiError;
use crate::model::Secret;
use crate::wire::trace::{BAGGAGE, TRACEPARENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

/// The headers that hold provider data, under the old and the new name of the project.
const PROVIDER_DATA: [&str; 2] = ["x-llamastack-provider-data", "x-ogx-provider-data"];

/// What a request hands on: the trace, and keys of its own. Nothing else of its headers goes any further; in particular
/// not `Authorization`, which is meant for this server and is no business of the provider's.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallContext {
    trace: HeaderMap,
    keys: Vec<(String, Secret)>,
}

impl CallContext {
    /// What `headers` hand on.
    ///
    /// # Errors
    /// 400 for provider data that is no JSON object: a key that does not arrive should not be a riddle.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut trace = HeaderMap::new();
        for name in [BAGGAGE, TRACEPARENT].map(HeaderName::from_static) {
            headers.get_all(&name).iter().for_each(|value| {
                trace.append(name.clone(), value.clone());
            });
        }
        let mut keys = Vec::new();
        for name in PROVIDER_DATA {
            if let Some(value) = headers.get(name) {
                keys.extend(provider_data(name, value)?);
            }
        }
        Ok(Self { trace, keys })
    }

    /// The headers for the trace.
    pub(crate) fn trace(&self) -> &HeaderMap {
        &self.trace
    }

    /// The key that the request brought along under `name`.
    pub(crate) fn key(&self, name: &str) -> Option<&Secret> {
        self.keys.iter().find(|(key, _)| key == name).map(|(_, secret)| secret)
    }
}

fn provider_data(name: &str, value: &HeaderValue) -> Result<Vec<(String, Secret)>, ApiError> {
    let data: Map<String, Value> = serde_json::from_slice(value.as_bytes()).map_err(|_| {
        ApiError::invalid(name, "invalid_value", format!("The header '{name}' must be a JSON object."))
    })?;
    let texts = data.into_iter().filter_map(|(key, value)| match value {
        Value::String(text) => Some((key, Secret::new(text))),
        _ => None,
    });
    Ok(texts.collect())
}
