//! The embedded stack: an OpenAI-compatible server that needs nothing but this binary.
//!
//! It is a stack in its own right, not a mock: it asks real providers (or the gateway that stands in for them), passes
//! their answers on and keeps files and batches itself. What it does where Llama Stack does otherwise is written down in
//! `docs/embedded-stack.md`. An API is one file in `router/` and one line in its `ROUTERS`; a provider is one file in
//! `provider/` and one line in its `PROVIDERS`.

mod api_error;
mod batches;
mod call_context;
mod clock;
mod config;
mod connections;
mod error;
mod fields;
mod files;
mod ids;
mod json_text;
mod model_rename;
mod operation;
mod page;
mod provider;
mod registry;
mod relay;
mod request_body;
mod router;
mod server;
mod shared;
mod tables;
mod upstream;

/// What it calls itself in `/v1/version`.
pub const NAME: &str = "stack-test";

pub use config::{ProviderConfig, StarterConfig};
pub use error::{ConfigError, ServeError};
pub use server::{Running, serve};
pub use tables::{TableEntry, api_table, provider_ids, provider_table};
