//! The table of the providers.

use super::{llama_cpp_server::LlamaCppServer, ollama::Ollama, openai::OpenAi, vllm::Vllm};

/// A kind of provider.
pub(crate) trait Provider: Sync {
    /// Its type: `remote::ollama`.
    fn name(&self) -> &'static str;
    /// What it is, in a line.
    fn summary(&self) -> &'static str;
    /// An environment that enables it.
    fn example(&self) -> (&'static str, &'static str);
    /// The providers of this kind there may be, each with its own environment variables.
    fn instances(&self) -> &'static [Instance];
    /// The base URL meant by `url`, which has no slash at its end.
    ///
    /// Most people leave the `/v1` out that these servers all have, and most of their documentation does too.
    fn base_url(&self, url: &str) -> String {
        if url.ends_with("/v1") { url.to_owned() } else { format!("{url}/v1") }
    }
}

/// A provider there may be.
#[derive(Debug)]
pub(crate) struct Instance {
    /// The id before the slash of its models.
    pub(crate) id: &'static str,
    /// The variable that holds its base URL.
    pub(crate) url_env: &'static str,
    /// The variable that holds its key.
    pub(crate) key_env: Option<&'static str>,
    /// The base URL where the variable is absent.
    pub(crate) default_url: &'static str,
    /// Whether a key alone enables it.
    pub(crate) enabled_by_key: bool,
    /// The member of a request's provider data that holds a key to use instead.
    pub(crate) provider_data_key: Option<&'static str>,
}

/// Every kind of provider.
pub(crate) const PROVIDERS: &[&dyn Provider] = &[&Ollama, &OpenAi, &Vllm, &LlamaCppServer];

/// Every provider there may be, with its kind.
pub(crate) fn instances() -> impl Iterator<Item = (&'static dyn Provider, &'static Instance)> {
    PROVIDERS.iter().flat_map(|kind| kind.instances().iter().map(move |instance| (*kind, instance)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::starter::StarterConfig;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_ids_are_unique_and_examples_enable() {
        let mut seen = BTreeSet::new();
        for kind in PROVIDERS {
            assert!(seen.insert(kind.name()), "{} is there twice", kind.name());
            assert!(!kind.summary().is_empty());
            let (variable, value) = kind.example();
            let env = |name: &str| (name == variable).then(|| value.to_owned());
            let config = StarterConfig::from_env(&env, &[]).unwrap();
            assert_eq!(config.providers.len(), 1, "{variable} must enable one provider");
            assert_eq!(config.providers[0].provider_type, kind.name());
        }
        for (_, instance) in instances() {
            assert!(seen.insert(instance.id), "{} is there twice", instance.id);
        }
    }

    #[test]
    fn every_provider_is_in_the_documentation() {
        let page = include_str!("../../../docs/embedded-stack.md");
        for (kind, instance) in instances() {
            for word in [kind.name(), instance.id, instance.url_env].into_iter().chain(instance.key_env) {
                assert!(page.contains(word), "docs/embedded-stack.md does not name {word}");
            }
        }
    }
}
