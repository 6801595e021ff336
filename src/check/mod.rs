//! What a suite may ask of an answer, and the values that travel between steps.
//!
//! Everything is compiled before anything runs, so that a mistake in a suite costs no request: [`Checks::compile`],
//! [`Captures::compile`] and the templates return every mistake with its place. Evaluating is pure: an [`Observed`]
//! answer in, failures out.

mod captures;
mod checks;
mod observed;
mod resources;
mod scope;
mod show;
mod template;

pub use captures::Captures;
pub use checks::{Checks, Evaluation};
pub use observed::{Chunk, Ending, Observed};
pub use resources::Resources;
pub use scope::Scope;
pub use template::{Reference, TextTemplate, ValueTemplate};
