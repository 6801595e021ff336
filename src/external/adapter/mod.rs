//! The runners that are known, a file each.

mod command;
mod jest;
mod pytest;
mod table;

pub use table::{ADAPTERS, Adapter, How};
pub(super) use table::{Enlisting, Script};
