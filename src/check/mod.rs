//! What a suite may ask of an answer, and the values that travel between steps.
//!
//! Everything is compiled before anything runs, so that a mistake in a suite costs no request: [`Checks::compile`],
//! [`Captures::compile`] and the templates return every mistake with its place. Evaluating is pure: an [`Observed`]
//! answer in, failures out.
//!
//! A subject ([`subject`]) finds values in an answer, predicates ([`predicate`]) judge them, a capture ([`capture`]) keeps
//! one under a name. Each is a file and a line in its table; `docs/checks.md` is written from the tables.

mod answer;
mod capture;
mod captures;
mod checks;
mod compare;
mod compile;
mod excerpt;
mod found;
mod observed;
mod path;
mod predicate;
mod reference;
mod resources;
mod rules;
mod scope;
mod show;
mod span;
mod streamed;
mod subject;
mod template;
#[cfg(test)]
mod testing;
mod unmet;

pub use captures::Captures;
pub use checks::{Checks, Evaluation};
pub use observed::{Chunk, Ending, Observed, Telemetry};
pub use reference::{Described, Table, reference, tables};
pub use resources::Resources;
pub use scope::Scope;
pub use template::{Reference, TextTemplate, ValueTemplate};
