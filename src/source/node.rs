//! A value written in YAML that knows where it stands.

use super::{Diagnostic, Origin, SourceFile, Span};
use serde_json::Value;
use std::sync::Arc;

/// A YAML value and the place it was written at.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands. For a block mapping or sequence: its first key or dash.
    pub origin: Origin,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`; `yes` and `no` are strings, as in YAML 1.2.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// Any other scalar.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order it was written; keys are unique strings.
    Map(Vec<Entry>),
}

/// One line of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key as a string (`200:` has the key `"200"`).
    pub key: String,
    /// Where the key stands.
    pub key_origin: Origin,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value under `key`, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The lines of a mapping; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, in words for an error: `a list`.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// A complaint about this very value.
    pub fn diagnostic(&self, what: impl Into<String>) -> Diagnostic {
        Diagnostic::at(self.origin.clone(), what)
    }

    /// The value without its places.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(value) => Value::Number(value.clone()),
            Kind::String(text) => Value::String(text.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Kind::Map(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect(),
            ),
        }
    }

    /// An empty value at the start of `file`: what an empty text holds.
    pub(super) fn null(file: &Arc<SourceFile>) -> Self {
        Self { kind: Kind::Null, origin: Origin { file: Arc::clone(file), span: Span::default() } }
    }
}
