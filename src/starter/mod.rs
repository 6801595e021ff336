//! The embedded stack: an OpenAI-compatible server that needs nothing but this binary.

mod config;
mod server;

pub use config::{ConfigError, ProviderConfig, StarterConfig};
pub use server::{Running, ServeError, serve};
