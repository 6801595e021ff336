//! OpenAI itself, or any server that is named by its base URL.

use super::{Instance, Provider};

/// `remote::openai`.
pub(crate) struct OpenAi;

impl Provider for OpenAi {
    fn name(&self) -> &'static str {
        "remote::openai"
    }

    fn summary(&self) -> &'static str {
        "OpenAI, or anything else that speaks its API"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("OPENAI_API_KEY", "sk-example")
    }

    fn instances(&self) -> &'static [Instance] {
        &[Instance {
            id: "openai",
            url_env: "OPENAI_BASE_URL",
            key_env: Some("OPENAI_API_KEY"),
            default_url: "https://api.openai.com/v1",
            enabled_by_key: true,
            provider_data_key: Some("openai_api_key"),
        }]
    }

    /// Taken as it stands, as OpenAI's own clients take `OPENAI_BASE_URL`.
    fn base_url(&self, url: &str) -> String {
        url.to_owned()
    }
}
