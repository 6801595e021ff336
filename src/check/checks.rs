//! The expectations of a step.

use super::{Observed, Reference, Resources, Scope};
use crate::source::{Diagnostic, Node};
use std::path::PathBuf;

/// The expectations of a step: a mapping from subjects to predicates.
#[derive(Debug, Clone, Default)]
pub struct Checks {}

/// What came of evaluating [`Checks`].
#[derive(Debug, Clone, Default)]
pub struct Evaluation {
    /// Every expectation that did not hold, in the order they are written.
    pub failures: Vec<Diagnostic>,
    /// Snapshots that differ or do not exist yet, with the text they would have.
    pub snapshots: Vec<(PathBuf, String)>,
}

impl Checks {
    /// Compiles an `expect:`, `until:` or `abort_if:` mapping.
    ///
    /// # Errors
    /// Everything wrong with it: unknown subjects and predicates (with the nearest known name), values of the wrong type,
    /// JSONPaths, regular expressions and schemas that do not parse.
    pub fn compile(_node: &Node, _resources: &dyn Resources) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self {})
    }

    /// The names its templates use.
    pub fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    /// Judges an answer. All expectations are evaluated, whatever failed before.
    pub fn evaluate(&self, _observed: &Observed, _scope: &Scope) -> Evaluation {
        Evaluation::default()
    }
}
