//! Keys that are known by their looks, whether anybody declared them or not.
//!
//! A new one is a line in the table. A request that is replayed is searched, too, and nearly none holds a key: one pass looks
//! for the texts that keys begin with, and only what stands behind one is looked at more closely.

mod find;
mod table;

pub(super) use find::find;
pub use table::{KEY_SHAPES, KeyShape};
