//! llama.cpp: its own server and the one of its Python bindings.

use super::{Dialect, Kind, Volatile};

/// llama.cpp. Ids are fresh UUIDs; the id of a tool call ends in the one of its completion.
pub(super) const DIALECT: Dialect = Dialect {
    name: "llama-cpp",
    summary: "llama.cpp's server and llama_cpp.server of its Python bindings",
    example: "LLAMA_CPP_SERVER_URL=http://127.0.0.1:8080/v1",
    volatile: &[
        Volatile::new("/chat/completions", "id", Kind::Id),
        Volatile::new("/chat/completions", "created", Kind::UnixTime),
        Volatile::new("/chat/completions", "choices/*/message/tool_calls/*/id", Kind::Id),
        Volatile::new("/chat/completions", "choices/*/delta/tool_calls/*/id", Kind::Id),
        Volatile::new("/chat/completions", "timings/prompt_ms", Kind::Duration),
        Volatile::new("/chat/completions", "timings/prompt_per_token_ms", Kind::Duration),
        Volatile::new("/chat/completions", "timings/prompt_per_second", Kind::Duration),
        Volatile::new("/chat/completions", "timings/predicted_ms", Kind::Duration),
        Volatile::new("/chat/completions", "timings/predicted_per_token_ms", Kind::Duration),
        Volatile::new("/chat/completions", "timings/predicted_per_second", Kind::Duration),
        Volatile::new("/v1/completions", "id", Kind::Id),
        Volatile::new("/v1/completions", "created", Kind::UnixTime),
        Volatile::new("/v1/completions", "timings/prompt_ms", Kind::Duration),
        Volatile::new("/v1/completions", "timings/prompt_per_token_ms", Kind::Duration),
        Volatile::new("/v1/completions", "timings/prompt_per_second", Kind::Duration),
        Volatile::new("/v1/completions", "timings/predicted_ms", Kind::Duration),
        Volatile::new("/v1/completions", "timings/predicted_per_token_ms", Kind::Duration),
        Volatile::new("/v1/completions", "timings/predicted_per_second", Kind::Duration),
        Volatile::new("/models", "data/*/created", Kind::UnixTime),
    ],
    polled: &["/models", "/health"],
    secret_headers: &["authorization"],
};
