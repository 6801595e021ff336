//! The proxy between the stack and its model providers: it answers from recordings, or asks the provider and keeps what
//! it says.
//!
//! `server` takes requests in and finds out which provider is meant; `attribution` finds out which case asks; `ledger`
//! knows what each case may still be given and what it has asked; `forward` asks providers, and exists only in modes that
//! may; `store` alone opens recordings. Where no runner of ours steers it, `cases` opens a case at its first call and
//! `admin` answers `/__stack_test/…`. In replay there is no client in the whole gateway: a miss cannot go live.

mod admin;
mod answer;
mod attribution;
mod cases;
mod config;
mod error;
mod forward;
mod handle;
mod ledger;
mod loaded;
mod recorder;
mod server;
mod store;

pub use config::{DUMMY_KEY, GatewayConfig, IDLE, Standalone, Upstream};
pub use error::Error;
pub use handle::{Finished, Gateway, start};
pub use server::{MISS_STATUS, NOTE};
pub use store::{Saved, Store};
