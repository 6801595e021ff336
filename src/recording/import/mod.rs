//! Recordings of other tools, read into sets. Pure: files in, sets and warnings out.
//!
//! A new tool is a file here and a line in [`IMPORTERS`].

mod har;
mod kinds;
pub(super) mod llama_stack;
mod python_json;
mod table;

pub use kinds::{Imported, ImportedSet, Importer, SourceFile};
pub use table::IMPORTERS;
