//! Ollama.

use super::{Instance, Provider};

/// `remote::ollama`.
pub(crate) struct Ollama;

impl Provider for Ollama {
    fn name(&self) -> &'static str {
        "remote::ollama"
    }

    fn summary(&self) -> &'static str {
        "Ollama, by its OpenAI-compatible API"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("OLLAMA_URL", "http://localhost:11434/v1")
    }

    fn instances(&self) -> &'static [Instance] {
        &[Instance {
            id: "ollama",
            url_env: "OLLAMA_URL",
            key_env: None,
            default_url: "http://localhost:11434/v1",
            enabled_by_key: false,
            provider_data_key: None,
        }]
    }
}
