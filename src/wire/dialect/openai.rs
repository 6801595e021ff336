//! OpenAI itself, and whoever answers like it.

use super::{Dialect, Kind, Volatile};

/// Chat, completions, embeddings and responses as OpenAI serves them.
pub(super) const DIALECT: Dialect = Dialect {
    name: "openai",
    summary: "OpenAI's own API, and any provider that copies it",
    example: "OPENAI_BASE_URL=https://api.openai.com/v1",
    volatile: &[
        Volatile::new("/chat/completions", "id", Kind::Id),
        Volatile::new("/chat/completions", "created", Kind::UnixTime),
        Volatile::new("/chat/completions", "system_fingerprint", Kind::Text("fp_recorded")),
        Volatile::new("/chat/completions", "service_tier", Kind::Text("default")),
        Volatile::new("/chat/completions", "obfuscation", Kind::Text("")),
        Volatile::new("/chat/completions", "choices/*/message/tool_calls/*/id", Kind::Id),
        Volatile::new("/chat/completions", "choices/*/delta/tool_calls/*/id", Kind::Id),
        Volatile::new("/v1/completions", "id", Kind::Id),
        Volatile::new("/v1/completions", "created", Kind::UnixTime),
        Volatile::new("/v1/completions", "system_fingerprint", Kind::Text("fp_recorded")),
        Volatile::new("/responses", "id", Kind::Id),
        Volatile::new("/responses", "created_at", Kind::UnixTime),
        Volatile::new("/responses", "completed_at", Kind::UnixTime),
        Volatile::new("/responses", "output/*/id", Kind::Id),
        Volatile::new("/responses", "output/*/call_id", Kind::Id),
        Volatile::new("/responses", "response/id", Kind::Id),
        Volatile::new("/responses", "response/created_at", Kind::UnixTime),
        Volatile::new("/responses", "response/completed_at", Kind::UnixTime),
        Volatile::new("/responses", "response/output/*/id", Kind::Id),
        Volatile::new("/responses", "response/output/*/call_id", Kind::Id),
        Volatile::new("/responses", "item/id", Kind::Id),
        Volatile::new("/responses", "item/call_id", Kind::Id),
        Volatile::new("/responses", "item_id", Kind::Id),
        Volatile::new("/responses", "obfuscation", Kind::Text("")),
        Volatile::new("/moderations", "id", Kind::Id),
        Volatile::new("/models", "data/*/created", Kind::UnixTime),
    ],
    polled: &["/models"],
    secret_headers: &["authorization", "openai-organization", "openai-project"],
};
