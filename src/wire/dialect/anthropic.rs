//! Anthropic's own API.

use super::{Dialect, Kind, Volatile};

/// Messages. The signature of a thinking block is checked by the provider when it comes back, so it is kept.
pub(super) const DIALECT: Dialect = Dialect {
    name: "anthropic",
    summary: "Anthropic's Messages API",
    example: "ANTHROPIC_BASE_URL=https://api.anthropic.com",
    volatile: &[
        Volatile::new("/messages", "id", Kind::Id),
        Volatile::new("/messages", "content/*/id", Kind::Id),
        Volatile::new("/messages", "content/*/tool_use_id", Kind::Id),
        Volatile::new("/messages", "message/id", Kind::Id),
        Volatile::new("/messages", "content_block/id", Kind::Id),
        Volatile::new("/messages", "content_block/tool_use_id", Kind::Id),
        Volatile::new("/messages", "request_id", Kind::Text("req_recorded")),
        Volatile::new("/messages", "usage/service_tier", Kind::Text("standard")),
        Volatile::new("/messages", "message/usage/service_tier", Kind::Text("standard")),
    ],
    polled: &["/models"],
    secret_headers: &["x-api-key", "authorization"],
};
