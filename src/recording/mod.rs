//! What is kept of provider calls, and how a call finds its answer again.
//!
//! A [`Set`] holds the exchanges of one case in order. [`Key`] is the canonical form of a request: two requests with the
//! same key are the same question. What differs from call to call is normalised by [`Normaliser`], secrets are hidden by
//! [`Masks`] and looked for once more by [`scan`], both before anything is compared or written, in every mode. Everything here is pure: the gateway's store is
//! what opens files.

mod canonical;
mod encode;
mod error;
mod explain;
mod export;
mod head;
mod ids;
mod import;
mod key;
mod masks;
mod multipart;
mod names;
mod normalise;
mod read;
mod rekey;
mod renumber;
mod rules;
mod secrets;
mod set;
mod set_diff;
mod spoken;
mod spread;
mod stats;
mod write;

pub use error::{FormatError, Problem};
pub use explain::{MissedCall, command_for, describe, explain, unusable};
pub use export::{EXPORTERS, Exported, Exporter};
pub use head::{bodies_of, owner_of};
pub use ids::{Edge, ids, kind, may_hold_numbered, number_of, numbered};
pub use import::{IMPORTERS, Imported, ImportedSet, Importer, SourceFile};
pub use key::{Key, Question, Spelling};
pub use masks::Masks;
pub use multipart::with_fixed_boundary;
pub use names::{BODIES, NO_SETUP, SESSION, component, name_of, suite_component};
pub use normalise::{Normaliser, Renames};
pub use read::{BlobSource, parse};
pub use rekey::{RekeyReport, rekey};
pub use renumber::{renumbered_request, renumbered_response};
pub use rules::{RuleBook, RuleError, Rules};
pub use secrets::{Finding, scan};
pub use set::{Owner, Set};
pub use set_diff::{Change, ChangeKind, Pointed, changes};
pub use spoken::{Spoken, spoken};
pub use stats::{Usage, answer_json, model, usage, usage_of};
pub use write::{Blob, FORMAT, Written, write};
