//! llama.cpp's server. It serves one model, so embeddings come from a second one.

use super::{Instance, Provider};

/// `remote::llama-cpp-server`.
pub(crate) struct LlamaCppServer;

impl Provider for LlamaCppServer {
    fn name(&self) -> &'static str {
        "remote::llama-cpp-server"
    }

    fn summary(&self) -> &'static str {
        "llama.cpp's server, one for text and one for embeddings"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("LLAMA_CPP_SERVER_URL", "http://localhost:8080")
    }

    fn instances(&self) -> &'static [Instance] {
        &[
            Instance {
                id: "llama-cpp-server",
                url_env: "LLAMA_CPP_SERVER_URL",
                key_env: Some("LLAMA_CPP_SERVER_API_KEY"),
                default_url: "http://localhost:8080/v1",
                enabled_by_key: false,
                provider_data_key: Some("llama_cpp_server_api_key"),
            },
            Instance {
                id: "llama-cpp-embedding",
                url_env: "LLAMA_CPP_EMBEDDING_URL",
                key_env: None,
                default_url: "http://localhost:8081/v1",
                enabled_by_key: false,
                provider_data_key: None,
            },
        ]
    }
}
