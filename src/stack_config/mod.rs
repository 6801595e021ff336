//! The stack-config language: `server:starter:8322`, `inference=ollama,files=inline::localfs`, a URL, …
//!
//! What is typed becomes a [`StackConfig`], which prints back as it was typed, and that is lowered to the closed enum
//! [`Target`]: what has to be started or reached. Each form of the language is one file below `form/` and one line in
//! [`FORMS`]. Nothing here touches a disk or a network: that a named file exists is found out by whoever opens it.

mod config;
mod display;
mod form;
mod known;
mod parse;
mod piece;
mod target;

pub use config::{Config, Image, Pair, Provider, ProviderKind, StackConfig};
pub use form::{FORMS, Form};
pub use known::{APIS, DISTROS, Distro};
pub use target::Target;
