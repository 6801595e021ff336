//! Our sets as recordings of other tools. Pure: sets in, files and warnings out.
//!
//! A new tool is a file here and a line in [`EXPORTERS`].

mod har;
mod kinds;
mod llama_stack;
mod table;

pub use kinds::{Exported, Exporter};
pub use table::EXPORTERS;
