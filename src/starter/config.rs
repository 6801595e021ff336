//! Which providers the embedded stack has.

use super::error::ConfigError;
use super::provider::{Instance, Provider, instances};
use super::router::{ALWAYS_SERVED, apis};
use crate::model::Secret;
use url::Url;

/// Which providers the embedded stack has.
#[derive(Debug, Clone, Default)]
pub struct StarterConfig {
    /// The inference providers.
    pub providers: Vec<ProviderConfig>,
    /// The APIs that are served; `None` for all.
    pub apis: Option<Vec<String>>,
}

/// An inference provider.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// The id before the slash of a model id: `ollama`.
    pub id: String,
    /// `remote::ollama`.
    pub provider_type: String,
    /// The base URL, with `/v1` where the provider has it.
    pub base_url: String,
    /// The key sent to it.
    pub api_key: Option<Secret>,
}

/// The environment, as handed in: a variable's name to its value.
type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

impl StarterConfig {
    /// The configuration that the environment and `api=provider` pairs ask for; no pairs means everything that the
    /// environment enables.
    ///
    /// # Errors
    /// A provider or API that the embedded stack does not have, a base URL that is none.
    pub fn from_env(env: Env<'_>, pairs: &[(String, String)]) -> Result<Self, ConfigError> {
        if pairs.is_empty() {
            let providers = instances()
                .filter(|(_, instance)| enabled(instance, env))
                .map(|(kind, instance)| provider(kind, instance, env))
                .collect::<Result<_, _>>()?;
            return Ok(Self { providers, apis: None });
        }
        let mut config = Self { providers: Vec::new(), apis: Some(Vec::new()) };
        pairs.iter().try_for_each(|(api, name)| config.add(api, name, env))?;
        Ok(config)
    }

    /// Whether `api` is served.
    pub(crate) fn serves(&self, api: &str) -> bool {
        ALWAYS_SERVED.contains(&api) || self.apis.as_ref().is_none_or(|apis| apis.iter().any(|it| it == api))
    }

    fn add(&mut self, api: &str, name: &str, env: Env<'_>) -> Result<(), ConfigError> {
        let Some(known) = apis().into_iter().find(|known| known.name == api) else {
            let known = apis().iter().map(|api| api.name).collect::<Vec<_>>().join(", ");
            return Err(ConfigError::UnknownApi { api: api.to_owned(), known });
        };
        match known.inline_provider {
            None => self.add_provider(name, env)?,
            Some(inline) if name == inline.name || name == inline.id => {}
            Some(inline) => return Err(unknown_provider(api, name, inline.name.to_owned())),
        }
        let served = self.apis.get_or_insert_default();
        if !served.iter().any(|it| it == api) {
            served.push(api.to_owned());
        }
        Ok(())
    }

    fn add_provider(&mut self, name: &str, env: Env<'_>) -> Result<(), ConfigError> {
        let found = instances().find(|(_, instance)| instance.id == name);
        let Some((kind, instance)) = found.or_else(|| instances().find(|(kind, _)| kind.name() == name))
        else {
            let known = instances().map(|(_, instance)| instance.id).collect::<Vec<_>>().join(", ");
            return Err(unknown_provider("inference", name, known));
        };
        if !self.providers.iter().any(|it| it.id == instance.id) {
            self.providers.push(provider(kind, instance, env)?);
        }
        Ok(())
    }
}

fn unknown_provider(api: &str, name: &str, known: String) -> ConfigError {
    ConfigError::UnknownProvider { api: api.to_owned(), name: name.to_owned(), known }
}

/// An empty variable is how a shell script says "not set".
fn set(env: Env<'_>, variable: &str) -> Option<String> {
    env(variable).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn enabled(instance: &Instance, env: Env<'_>) -> bool {
    let has_key = || instance.key_env.is_some_and(|variable| set(env, variable).is_some());
    set(env, instance.url_env).is_some() || (instance.enabled_by_key && has_key())
}

fn provider(
    kind: &'static dyn Provider,
    instance: &'static Instance,
    env: Env<'_>,
) -> Result<ProviderConfig, ConfigError> {
    let given = set(env, instance.url_env).unwrap_or_else(|| instance.default_url.to_owned());
    let base_url = kind.base_url(given.trim_end_matches('/'));
    check_url(&base_url).map_err(|reason| ConfigError::BadUrl {
        variable: instance.url_env.to_owned(),
        reason,
        example: instance.default_url.to_owned(),
    })?;
    Ok(ProviderConfig {
        id: instance.id.to_owned(),
        provider_type: kind.name().to_owned(),
        base_url,
        api_key: instance.key_env.and_then(|variable| set(env, variable)).map(Secret::new),
    })
}

fn check_url(url: &str) -> Result<(), String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" | "https" if url.query().is_some() || url.fragment().is_some() => {
            Err("it has a query or a fragment".to_owned())
        }
        "http" | "https" => Ok(()),
        other => Err(format!("its scheme is `{other}`, not http or https")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(env: &[(&str, &str)], pairs: &[(&str, &str)]) -> Result<StarterConfig, ConfigError> {
        let pairs: Vec<_> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let lookup =
            |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        StarterConfig::from_env(&lookup, &pairs)
    }

    fn providers(config: &StarterConfig) -> Vec<(&str, &str)> {
        config.providers.iter().map(|it| (it.id.as_str(), it.base_url.as_str())).collect()
    }

    #[test]
    fn the_environment_enables_providers() {
        let none = config(&[("OLLAMA_URL", " ")], &[]).unwrap();
        assert!(none.providers.is_empty() && none.apis.is_none());
        let all = config(
            &[
                ("OLLAMA_URL", "http://127.0.0.1:1/"),
                ("OPENAI_API_KEY", "sk-1"),
                ("VLLM_URL", "http://v:2/v1"),
                ("VLLM_API_TOKEN", "t"),
                ("LLAMA_CPP_SERVER_URL", "http://l:3"),
                ("LLAMA_CPP_EMBEDDING_URL", "http://l:4/v1"),
            ],
            &[],
        )
        .unwrap();
        let expected = [
            ("ollama", "http://127.0.0.1:1/v1"),
            ("openai", "https://api.openai.com/v1"),
            ("vllm", "http://v:2/v1"),
            ("llama-cpp-server", "http://l:3/v1"),
            ("llama-cpp-embedding", "http://l:4/v1"),
        ];
        assert_eq!(providers(&all), expected);
        assert_eq!(all.providers[2].api_key.as_ref().map(Secret::expose), Some("t"));
    }

    #[test]
    fn openai_base_url_is_taken_as_it_stands() {
        let openai = config(&[("OPENAI_BASE_URL", "http://127.0.0.1:9/gateway/openai")], &[]).unwrap();
        assert_eq!(providers(&openai), [("openai", "http://127.0.0.1:9/gateway/openai")]);
    }

    #[test]
    fn pairs_restrict_and_fall_back_to_default_urls() {
        let env = [("OPENAI_API_KEY", "sk-1"), ("VLLM_URL", "http://v:2")];
        let one = config(&env, &[("inference", "ollama")]).unwrap();
        assert_eq!(providers(&one), [("ollama", "http://localhost:11434/v1")]);
        assert!(one.serves("inference") && one.serves("models") && !one.serves("files"));
        let three = config(
            &env,
            &[
                ("inference", "remote::vllm"),
                ("inference", "vllm"),
                ("files", "inline::localfs"),
                ("batches", "reference"),
            ],
        )
        .unwrap();
        assert_eq!(providers(&three), [("vllm", "http://v:2/v1")]);
        assert_eq!(three.apis.unwrap(), ["inference", "files", "batches"]);
    }

    #[test]
    fn what_there_is_not_is_refused_by_name() {
        let message = |env: &[_], pairs: &[_]| config(env, pairs).unwrap_err().to_string();
        assert_eq!(
            message(&[], &[("inference", "olama")]),
            "the embedded stack has no provider `olama` for `inference`; it has ollama, openai, vllm, \
             llama-cpp-server, llama-cpp-embedding"
        );
        assert_eq!(
            message(&[], &[("files", "s3")]),
            "the embedded stack has no provider `s3` for `files`; it has inline::localfs"
        );
        assert_eq!(
            message(&[], &[("safety", "llama-guard")]),
            "the embedded stack has no API `safety`; it has inference, files, batches"
        );
        let url = message(&[("OLLAMA_URL", "ftp://user:secret@host")], &[]);
        assert!(url.starts_with("OLLAMA_URL is not") && !url.contains("secret"), "{url}");
    }
}
