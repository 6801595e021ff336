//! The proxy between the stack and its model providers: it answers from recordings, or asks the provider and keeps what
//! it says.
//!
//! `server` takes requests in and finds out which provider is meant; `attribution` finds out which case asks; `ledger`
//! knows what each case may still be given and what it has asked; `forward` asks providers, and exists only in modes that
//! may; `store` alone opens recordings; `mitm` takes in what does not come by base URL. Where no runner of ours steers it,
//! `cases` opens a case at its first call and `admin` answers `/__stack_test/…`. In replay there is no client for
//! providers in the whole gateway: a miss cannot go live.

mod admin;
mod answer;
mod attribution;
mod bindings;
mod cases;
mod client_edge;
mod config;
mod entrance;
mod error;
mod forward;
mod handle;
mod knowledge;
mod ledger;
mod loaded;
mod miss_body;
mod mitm;
mod pace;
mod recorder;
mod request_body;
mod server;
mod sigv4;
mod spellings;
mod store;
mod survey;
mod taken;
mod unreached;
mod via;

pub use config::{DUMMY_KEY, GatewayConfig, IDLE, ProxySettings, Standalone, Upstream};
pub use error::Error;
pub use handle::{Finished, Gateway, UnusedCall, start};
pub use server::{MISS_STATUS, NOTE};
pub use sigv4::SigV4;
pub use store::{Saved, Store};
pub use survey::{Survey, setups};
pub use taken::LARGEST_ANSWER;
pub use unreached::Unreached;
pub use via::Via;
