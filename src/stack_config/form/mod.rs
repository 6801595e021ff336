//! The forms of the language, one file each.

mod distro;
mod distro_file;
mod docker;
mod misspelt;
mod pairs;
mod path;
mod port;
mod server;
mod table;
mod url;

pub(super) use misspelt::misspelt;
pub use table::{FORMS, Form};
