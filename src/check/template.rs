//! `{{ name }}` in texts and JSON values.

use super::Scope;
use crate::source::{Diagnostic, Node, Origin};
use serde_json::Value;

/// How the message about a name that has no value begins.
pub const NO_VALUE: &str = "no value for";

/// A name used in a template, and where.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The dotted path: `param_id.question`.
    pub path: String,
    /// Where it is written.
    pub origin: Origin,
}

/// A text with `{{ name }}` in it; renders to a string.
#[derive(Debug, Clone)]
pub struct TextTemplate {
    node: Node,
}

impl TextTemplate {
    /// Compiles the text of a scalar.
    ///
    /// # Errors
    /// Everything wrong with it, with its place.
    pub fn compile(node: &Node) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self { node: node.clone() })
    }

    /// The names it uses.
    pub fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    /// The text with the values of `scope` in place of the names.
    ///
    /// # Errors
    /// A name that `scope` does not hold, at its place in the suite.
    pub fn render(&self, _scope: &Scope) -> Result<String, Diagnostic> {
        Ok(self.node.as_str().unwrap_or_default().to_owned())
    }
}

/// A JSON value with `{{ name }}` in its strings; a string that is one `{{ name }}` and nothing else becomes the value
/// itself, whatever its type.
#[derive(Debug, Clone)]
pub struct ValueTemplate {
    node: Node,
}

impl ValueTemplate {
    /// Compiles any YAML value.
    ///
    /// # Errors
    /// Everything wrong with it, with its place.
    pub fn compile(node: &Node) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self { node: node.clone() })
    }

    /// The names it uses.
    pub fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    /// The value with the values of `scope` in place of the names.
    ///
    /// # Errors
    /// A name that `scope` does not hold, at its place in the suite.
    pub fn render(&self, _scope: &Scope) -> Result<Value, Diagnostic> {
        Ok(self.node.to_json())
    }
}
