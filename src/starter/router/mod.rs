//! The routes, one file per API and one line in [`ROUTERS`] each.
//!
//! A route is registered together with its OpenAPI description. What inspect lists is read from that same document, so
//! none of the three can say what the others do not.

mod batches;
mod body_limit;
mod chat;
mod completions;
mod embeddings;
mod fallback;
mod files;
mod id;
mod inspect;
mod models;
mod openapi;
mod providers;
mod schema;
mod table;

pub(crate) use table::{ALWAYS_SERVED, apis, routes, table_entries};
