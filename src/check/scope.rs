//! The names a template may use.

use serde_json::{Map, Value};

/// The names a template may use, and their values.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    names: Map<String, Value>,
    /// Whether a differing snapshot is accepted as the new one instead of failing.
    pub update_snapshots: bool,
}

impl Scope {
    /// A scope that holds `names`.
    pub fn new(names: Map<String, Value>) -> Self {
        Self { names, update_snapshots: false }
    }

    /// Sets a name, replacing what it held.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        self.names.insert(name.into(), value);
    }

    /// The value of a dotted path: `param_id.question`.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('.');
        let first = self.names.get(parts.next()?)?;
        parts.try_fold(first, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            other => other.get(part),
        })
    }

    /// Every path that names something, down to the members of the values, for whoever mistyped one.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for (name, value) in &self.names {
            paths.push(name.clone());
            let members = value.as_object().into_iter().flatten();
            paths.extend(members.map(|(member, _)| format!("{name}.{member}")));
        }
        paths
    }
}
