//! Values taken from an answer for the steps that follow.

use super::{Observed, Scope};
use crate::source::{Diagnostic, Node};

/// The `capture:` of a step: names, and where in the answer their values are.
#[derive(Debug, Clone, Default)]
pub struct Captures {}

impl Captures {
    /// Compiles a `capture:` mapping.
    ///
    /// # Errors
    /// Everything wrong with it, with its place.
    pub fn compile(_node: &Node) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self {})
    }

    /// The names it sets.
    pub fn names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Takes the values from `observed` into `scope`. A capture that finds nothing is a failure with its place; the
    /// others are taken all the same.
    pub fn apply(&self, _observed: &Observed, _scope: &mut Scope) -> Vec<Diagnostic> {
        Vec::new()
    }
}
