//! What the embedded stack makes of a config.

use super::{Error, StackRequest, run_config};
use crate::model::Secret;
use crate::source::{Diagnostic, SourceFile, yaml};
use crate::stack_config::{Config, Distro, Pair, StackConfig};
use crate::starter::{ConfigError, StarterConfig};
use std::cell::RefCell;

/// Options of a provider that the embedded stack knows.
const URL_OPTIONS: [&str; 2] = ["base_url", "url"];
const KEY_OPTION: &str = "api_key";

/// The one API whose providers are elsewhere.
pub(super) const INFERENCE: &str = "inference";

/// What the embedded stack is asked to be; `lookup` gives the environment.
///
/// # Errors
/// It cannot play this config, the run config is missing or wrong (all that is wrong, with its places), or it lacks a provider.
pub fn embedded_config(
    config: &Config,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<StarterConfig, Error> {
    match config {
        Config::Distro(name) if Distro::find(name).is_some_and(|distro| distro.embedded) => {
            Ok(StarterConfig::from_env(lookup, &[])?)
        }
        Config::Distro(_) | Config::DistroFile { .. } => {
            Err(Error::NotEmbedded { config: config.to_string() })
        }
        Config::Pairs(pairs) => from_pairs(pairs, lookup),
        Config::Path(path) => {
            let file = open(path).map_err(|diagnostic| Error::Config(vec![*diagnostic]))?;
            let root = yaml::parse(&file).map_err(|diagnostic| Error::Config(vec![diagnostic]))?;
            run_config::lower(&root, lookup).map_err(Error::Config)
        }
    }
}

/// The config without the base URLs that a variable of the request takes the place of: the option of a provider would
/// otherwise lead its traffic past the gateway.
pub(super) fn redirected(config: &Config, request: &StackRequest) -> Config {
    let Config::Pairs(pairs) = config else { return config.clone() };
    let overridden = |pair: &Pair| {
        let asked = RefCell::new(false);
        let lookup = |name: &str| {
            if is_url_variable(name) && request.overrides(name) {
                asked.replace(true);
            }
            request.lookup(name)
        };
        let known = StarterConfig::from_env(&lookup, &[named(pair)]);
        known.is_ok() && asked.into_inner()
    };
    let redirect = |pair: &Pair| {
        let mut pair = pair.clone();
        if overridden(&pair) {
            pair.options.retain(|(key, _)| !URL_OPTIONS.contains(&key.as_str()));
        }
        pair
    };
    Config::Pairs(pairs.iter().map(redirect).collect())
}

/// Whether a variable is named as those that hold a base URL: `OLLAMA_URL`, `OPENAI_BASE_URL`, `AZURE_API_BASE`.
pub(super) fn is_url_variable(name: &str) -> bool {
    name.ends_with("_URL") || name.ends_with("_BASE")
}

/// The config for a message.
pub(super) fn shown(config: &Config) -> String {
    StackConfig::Private(config.clone()).shown()
}

fn named(pair: &Pair) -> (String, String) {
    (pair.api.clone(), pair.provider.to_string())
}

/// The provider of one `api=name` pair. `url`, if it is given, stands in for the variable that holds its base URL; that way it
/// is checked and completed like one.
pub(super) fn one_provider(
    api: &str,
    name: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    url: Option<&str>,
) -> Result<StarterConfig, ConfigError> {
    let with_url = |variable: &str| match url {
        Some(url) if is_url_variable(variable) => Some(url.to_owned()),
        _ => lookup(variable),
    };
    StarterConfig::from_env(&with_url, &[(api.to_owned(), name.to_owned())])
}

fn from_pairs(pairs: &[Pair], lookup: &dyn Fn(&str) -> Option<String>) -> Result<StarterConfig, Error> {
    let mut all = StarterConfig { providers: Vec::new(), apis: Some(Vec::new()) };
    let mut errors = Vec::new();
    for pair in pairs {
        let option = |keys: &[&str]| pair.options.iter().find(|(key, _)| keys.contains(&key.as_str()));
        let url = option(&URL_OPTIONS).map(|(_, value)| value.as_str());
        let mut one = one_provider(&pair.api, &pair.provider.to_string(), lookup, url)?;
        let known = |key: &str| pair.api == INFERENCE && (URL_OPTIONS.contains(&key) || key == KEY_OPTION);
        for (key, _) in pair.options.iter().filter(|(key, _)| !known(key)) {
            errors.push(
                Diagnostic::new(format!("`{}={}` has no option `{key}`", pair.api, pair.provider))
                    .hint("the embedded stack knows base_url and api_key, for inference"),
            );
        }
        if let (Some((_, key)), Some(provider)) = (option(&[KEY_OPTION]), one.providers.first_mut()) {
            provider.api_key = Some(Secret::new(key));
        }
        let known = |id: &str| all.providers.iter().any(|provider| provider.id == id);
        let new: Vec<_> = one.providers.into_iter().filter(|provider| !known(&provider.id)).collect();
        all.providers.extend(new);
        all.apis.get_or_insert_default().extend(one.apis.into_iter().flatten());
    }
    if errors.is_empty() { Ok(all) } else { Err(Error::Config(errors)) }
}

fn open(path: &str) -> Result<std::sync::Arc<SourceFile>, Box<Diagnostic>> {
    let failed = |why: String| Box::new(Diagnostic::new(format!("cannot read the run config {path}: {why}")));
    let metadata = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?;
    if metadata.is_dir() {
        return Err(Box::new(failed("it is a folder".to_owned()).hint("name the run config in it")));
    }
    if usize::try_from(metadata.len()).is_ok_and(|length| length > yaml::MAX_BYTES) {
        return Err(failed(format!("it is over {} bytes", yaml::MAX_BYTES)));
    }
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    Ok(SourceFile::new(path, text))
}
