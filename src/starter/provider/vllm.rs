//! vLLM.

use super::{Instance, Provider};

/// `remote::vllm`.
pub(crate) struct Vllm;

impl Provider for Vllm {
    fn name(&self) -> &'static str {
        "remote::vllm"
    }

    fn summary(&self) -> &'static str {
        "vLLM's OpenAI-compatible server"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("VLLM_URL", "http://localhost:8000/v1")
    }

    fn instances(&self) -> &'static [Instance] {
        &[Instance {
            id: "vllm",
            url_env: "VLLM_URL",
            key_env: Some("VLLM_API_TOKEN"),
            default_url: "http://localhost:8000/v1",
            enabled_by_key: false,
            provider_data_key: Some("vllm_api_token"),
        }]
    }
}
