//! The proxy between the stack and its model providers: it answers from recordings, or asks the provider and keeps what
//! it says.
//!
//! `server` takes requests in and finds out which provider is meant; `attribution` finds out which case asks; `ledger`
//! knows what each case may still be given and what it has asked; `forward` asks providers, and exists only in modes that
//! may; `store` alone opens recordings. In replay there is no client in the whole gateway: a miss cannot go live.

mod answer;
mod attribution;
mod config;
mod error;
mod forward;
mod handle;
mod ledger;
mod loaded;
mod miss_body;
mod recorder;
mod server;
mod store;

pub use config::{GatewayConfig, IDLE, Upstream};
pub use error::Error;
pub use handle::{Finished, Gateway, start};
pub use server::{MISS_STATUS, NOTE};
pub use store::{Saved, Store};
