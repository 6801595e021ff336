//! A run config of Llama Stack's shape, for the embedded stack.
//!
//! Of `providers: {<api>: [{provider_id, provider_type, config: {base_url | url, api_key}}]}` every provider must be one that the
//! embedded stack has; `apis` restricts what is served. The rest (stores, `server`, registered resources) is about
//! things that it does not have, and is left alone.

use super::embedded::{INFERENCE, is_url_variable, one_provider};
use super::substitute::{Gap, fill};
use crate::model::Secret;
use crate::source::{Diagnostic, Kind, Node, nearest};
use crate::starter::{ConfigError, ProviderConfig, StarterConfig};
use std::cell::Cell;

/// How Llama Stack writes that a provider is switched off.
const DISABLED: &str = "__disabled__";

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Lowers the run config.
///
/// # Errors
/// Everything wrong with it.
pub(super) fn lower(root: &Node, lookup: Lookup<'_>) -> Result<StarterConfig, Vec<Diagnostic>> {
    let mut reading = Reading { lookup, errors: Vec::new(), providers: Vec::new(), pairs: Vec::new() };
    match root.get("providers") {
        Some(providers) => reading.providers(providers),
        None => {
            reading.errors.push(root.diagnostic("a run config has `providers`").hint(
                "write `providers: {inference: [{provider_id: ollama, provider_type: remote::ollama}]}`",
            ))
        }
    }
    let apis = root.get("apis").map(|apis| reading.names(apis));
    if !reading.errors.is_empty() {
        return Err(reading.errors);
    }
    let config = StarterConfig::from_env(lookup, &reading.pairs)
        .map_err(|error| vec![root.diagnostic(error.to_string())])?;
    Ok(StarterConfig { providers: reading.providers, apis: apis.or(config.apis) })
}

/// What may have been meant.
fn nearest_known(error: &ConfigError) -> Option<String> {
    match error {
        ConfigError::UnknownProvider { name, known, .. } => {
            let (kind, bare) =
                name.rsplit_once("::").map_or(("", name.as_str()), |(kind, bare)| (kind, bare));
            let near = nearest(bare, known.split(", "))?;
            Some(if kind.is_empty() { near.to_owned() } else { format!("{kind}::{near}") })
        }
        ConfigError::UnknownApi { api, known } => nearest(api, known.split(", ")).map(str::to_owned),
        ConfigError::BadUrl { .. } => None,
    }
}

struct Reading<'a> {
    lookup: Lookup<'a>,
    errors: Vec<Diagnostic>,
    providers: Vec<ProviderConfig>,
    pairs: Vec<(String, String)>,
}

impl Reading<'_> {
    fn providers(&mut self, providers: &Node) {
        if !matches!(providers.kind, Kind::Map(_)) {
            let what = format!("`providers` is {}", providers.kind_name());
            self.errors.push(providers.diagnostic(what).hint("it maps each API to a list of providers"));
        }
        for entry in providers.entries() {
            match &entry.value.kind {
                Kind::List(items) => items.iter().for_each(|item| self.provider(&entry.key, item)),
                Kind::Null => {}
                _ => {
                    let what = format!("the providers of `{}` are {}", entry.key, entry.value.kind_name());
                    self.errors.push(entry.value.diagnostic(what).hint("write a list"));
                }
            }
        }
    }

    fn provider(&mut self, api: &str, node: &Node) {
        let id = node.get("provider_id").map(|id| self.text(id));
        if id.as_ref().is_some_and(|id| id.as_ref().is_none_or(|id| id.is_empty() || id == DISABLED)) {
            return;
        }
        let Some(type_node) = node.get("provider_type") else {
            self.errors.push(node.diagnostic("a provider has a `provider_type`"));
            return;
        };
        let Some(provider_type) = self.text(type_node) else { return };
        let config = node.get("config");
        let url = self.setting(config, &["base_url", "url"]);
        let api_key = self.setting(config, &["api_key", "api_token"]);
        // The variable wins: it is what leads the provider's traffic through the gateway.
        let by_env = self.url_is_in_env(api, &provider_type);
        let url = url.filter(|_| !by_env);
        match one_provider(api, &provider_type, self.lookup, url.as_ref().map(|(url, _)| url.as_str())) {
            Ok(known) => self.known(known, id.flatten(), api_key.map(|(key, _)| key)),
            Err(error) => {
                let wrong = match url {
                    Some((_, node))
                        if api == INFERENCE && !matches!(error, ConfigError::UnknownProvider { .. }) =>
                    {
                        node
                    }
                    _ => type_node,
                };
                let usual = "take it out of a copy of the run config, or serve this one with `llama` and give its URL";
                let hint = nearest_known(&error)
                    .map_or_else(|| usual.to_owned(), |name| format!("did you mean `{name}`? Or {usual}"));
                self.errors.push(wrong.diagnostic(error.to_string()).hint(hint));
                return;
            }
        }
        self.pairs.push((api.to_owned(), provider_type));
    }

    /// Whether the environment says where the provider is.
    fn url_is_in_env(&self, api: &str, provider_type: &str) -> bool {
        let found = Cell::new(false);
        let lookup = |name: &str| {
            let value = (self.lookup)(name);
            let is_set = value.as_ref().is_some_and(|value| !value.trim().is_empty());
            found.set(found.get() || (is_set && is_url_variable(name)));
            value
        };
        // What is wrong with it is said by the caller.
        let _ = one_provider(api, provider_type, &lookup, None);
        found.get()
    }

    fn known(&mut self, known: StarterConfig, id: Option<String>, api_key: Option<String>) {
        for mut provider in known.providers {
            if let Some(id) = &id {
                provider.id.clone_from(id);
            }
            if let Some(api_key) = &api_key {
                provider.api_key = Some(Secret::new(api_key));
            }
            self.providers.push(provider);
        }
    }

    /// The first of `keys` that is set to something, and where.
    fn setting<'n>(&mut self, config: Option<&'n Node>, keys: &[&str]) -> Option<(String, &'n Node)> {
        let node = keys.iter().find_map(|key| config?.get(key))?;
        self.text(node).filter(|text| !text.is_empty()).map(|text| (text, node))
    }

    fn names(&mut self, list: &Node) -> Vec<String> {
        let Kind::List(items) = &list.kind else {
            self.errors.push(list.diagnostic(format!("`apis` is {}", list.kind_name())).hint("write a list"));
            return Vec::new();
        };
        items.iter().filter_map(|item| self.text(item)).collect()
    }

    /// A scalar as text, its references filled in. Nothing is an empty text.
    fn text(&mut self, node: &Node) -> Option<String> {
        let raw = match &node.kind {
            Kind::String(text) => text.clone(),
            Kind::Number(number) => number.to_string(),
            Kind::Bool(value) => value.to_string(),
            Kind::Null => String::new(),
            Kind::List(_) | Kind::Map(_) => {
                self.errors.push(node.diagnostic(format!("this is {}, not a text", node.kind_name())));
                return None;
            }
        };
        let complaint = match fill(&raw, self.lookup) {
            Ok(text) => return Some(text),
            Err(Gap::Unset(name)) => node
                .diagnostic(format!("the variable {name} is not set"))
                .hint(format!("set it, or give it a default: `${{env.{name}:=default}}`")),
            Err(Gap::Unclosed) => node.diagnostic("a `${env.` has no `}`"),
        };
        self.errors.push(complaint);
        None
    }
}
