//! What is kept of provider calls, and how a call finds its answer again.
//!
//! A [`Set`] holds the exchanges of one case in order. [`Key`] is the canonical form of a request: two requests with the
//! same key are the same question. What differs from call to call is normalised by [`Normaliser`], secrets are hidden by
//! [`Masks`], both before anything is compared or written, in every mode. Everything here is pure: the gateway's store is
//! what opens files.

mod canonical;
mod encode;
mod error;
mod explain;
mod import;
mod key;
mod masks;
mod multipart;
mod names;
mod normalise;
mod read;
mod set;
mod write;

pub use error::{FormatError, Problem};
pub use explain::{MissedCall, describe, explain, unusable};
pub use import::{IMPORTERS, Imported, ImportedSet, Importer, SourceFile};
pub use key::Key;
pub use masks::Masks;
pub use multipart::with_fixed_boundary;
pub use names::{BODIES, NO_SETUP, SESSION, component, suite_component};
pub use normalise::{Normaliser, Renames};
pub use read::{BlobSource, parse};
pub use set::{Owner, Set};
pub use write::{Blob, FORMAT, Written, write};
