//! vLLM's OpenAI-compatible server.

use super::{Dialect, Kind, Volatile};

/// vLLM. It dates its model list and gives each entry a fresh permission.
pub(super) const DIALECT: Dialect = Dialect {
    name: "vllm",
    summary: "vLLM's OpenAI-compatible server",
    example: "VLLM_URL=http://127.0.0.1:8000/v1",
    volatile: &[
        Volatile::new("/chat/completions", "id", Kind::Id),
        Volatile::new("/chat/completions", "created", Kind::UnixTime),
        Volatile::new("/chat/completions", "choices/*/message/tool_calls/*/id", Kind::Id),
        Volatile::new("/chat/completions", "choices/*/delta/tool_calls/*/id", Kind::Id),
        Volatile::new("/v1/completions", "id", Kind::Id),
        Volatile::new("/v1/completions", "created", Kind::UnixTime),
        Volatile::new("/embeddings", "id", Kind::Id),
        Volatile::new("/embeddings", "created", Kind::UnixTime),
        Volatile::new("/models", "data/*/created", Kind::UnixTime),
        Volatile::new("/models", "data/*/permission/*/id", Kind::Id),
        Volatile::new("/models", "data/*/permission/*/created", Kind::UnixTime),
    ],
    polled: &["/models", "/health", "/version"],
    secret_headers: &["authorization"],
};
