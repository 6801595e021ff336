//! Google's Gemini API.

use super::{Dialect, Kind, Volatile};

/// `generateContent` and its relatives. The counts of tokens are the same for the same question, and are kept.
pub(super) const DIALECT: Dialect = Dialect {
    name: "gemini",
    summary: "Google's Gemini API",
    example: "GEMINI_BASE_URL=https://generativelanguage.googleapis.com",
    volatile: &[
        Volatile::new(":generateContent", "responseId", Kind::Id),
        Volatile::new(":generateContent", "createTime", Kind::Timestamp),
        Volatile::new(":streamGenerateContent", "responseId", Kind::Id),
        Volatile::new(":streamGenerateContent", "createTime", Kind::Timestamp),
        Volatile::new(":streamGenerateContent", "*/responseId", Kind::Id),
        Volatile::new("/openai/chat/completions", "id", Kind::Id),
        Volatile::new("/openai/chat/completions", "created", Kind::UnixTime),
        Volatile::new("/openai/chat/completions", "choices/*/message/tool_calls/*/id", Kind::Id),
        Volatile::new("/openai/chat/completions", "choices/*/delta/tool_calls/*/id", Kind::Id),
    ],
    polled: &["/models"],
    secret_headers: &["x-goog-api-key", "authorization"],
};
