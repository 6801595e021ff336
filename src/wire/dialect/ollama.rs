//! Ollama: OpenAI's routes and its own.

use super::{Dialect, Kind, Volatile};

/// Ollama. Its fingerprint is the constant `fp_ollama` and is kept.
pub(super) const DIALECT: Dialect = Dialect {
    name: "ollama",
    summary: "Ollama, OpenAI's routes under /v1 and its own under /api",
    example: "OLLAMA_URL=http://127.0.0.1:11434/v1",
    volatile: &[
        Volatile::new("/chat/completions", "id", Kind::Id),
        Volatile::new("/chat/completions", "created", Kind::UnixTime),
        Volatile::new("/chat/completions", "choices/*/message/tool_calls/*/id", Kind::Id),
        Volatile::new("/chat/completions", "choices/*/delta/tool_calls/*/id", Kind::Id),
        Volatile::new("/v1/completions", "id", Kind::Id),
        Volatile::new("/v1/completions", "created", Kind::UnixTime),
        Volatile::new("/api/chat", "created_at", Kind::Timestamp),
        Volatile::new("/api/chat", "message/tool_calls/*/id", Kind::Id),
        Volatile::new("/api/chat", "total_duration", Kind::Duration),
        Volatile::new("/api/chat", "load_duration", Kind::Duration),
        Volatile::new("/api/chat", "prompt_eval_duration", Kind::Duration),
        Volatile::new("/api/chat", "eval_duration", Kind::Duration),
        Volatile::new("/api/generate", "created_at", Kind::Timestamp),
        Volatile::new("/api/generate", "total_duration", Kind::Duration),
        Volatile::new("/api/generate", "load_duration", Kind::Duration),
        Volatile::new("/api/generate", "prompt_eval_duration", Kind::Duration),
        Volatile::new("/api/generate", "eval_duration", Kind::Duration),
        Volatile::new("/api/embed", "total_duration", Kind::Duration),
        Volatile::new("/api/embed", "load_duration", Kind::Duration),
        Volatile::new("/api/ps", "models/*/expires_at", Kind::Timestamp),
    ],
    polled: &["/models", "/api/tags", "/api/ps", "/api/version"],
    secret_headers: &["authorization"],
};
