//! Values taken from an answer for the steps that follow.

use super::answer::Answer;
use super::capture::{self, Capture};
use super::compile::{all, key_to_value};
use super::{Observed, Scope};
use crate::source::{Diagnostic, Entry, Kind, Node, Origin};
use std::sync::Arc;

/// The `capture:` of a step: names, and where in the answer their values are.
#[derive(Debug, Clone, Default)]
pub struct Captures {
    named: Arc<[Named]>,
}

#[derive(Debug)]
struct Named {
    name: String,
    origin: Origin,
    capture: Capture,
}

impl Captures {
    /// Compiles a `capture:` mapping.
    ///
    /// # Errors
    /// Everything wrong with it, with its place.
    pub fn compile(node: &Node) -> Result<Self, Vec<Diagnostic>> {
        if !matches!(node.kind, Kind::Map(_) | Kind::Null) {
            let what = format!(
                "a mapping from names to places in the answer belongs here, not {}",
                node.kind_name()
            );
            return Err(vec![node.diagnostic(what).hint("for instance `capture: { file_id: $.id }`")]);
        }
        let named = all(node.entries().iter().map(|entry| {
            let name = check_name(entry).map_err(|mistake| vec![mistake]);
            match (name, capture::compile(&entry.value)) {
                (Ok(()), Ok(capture)) => {
                    Ok(Named { name: entry.key.clone(), origin: key_to_value(entry), capture })
                }
                (name, capture) => Err([name.err(), capture.err()].into_iter().flatten().flatten().collect()),
            }
        }))?;
        Ok(Self { named: named.into() })
    }

    /// The names it sets.
    pub fn names(&self) -> Vec<String> {
        self.named.iter().map(|named| named.name.clone()).collect()
    }

    /// Takes the values from `observed` into `scope`. A capture that finds nothing is a failure with its place; the
    /// others are taken all the same.
    pub fn apply(&self, observed: &Observed, scope: &mut Scope) -> Vec<Diagnostic> {
        let answer = Answer::new(observed);
        let mut failures = Vec::new();
        for Named { name, origin, capture } in self.named.iter() {
            match capture.take(&answer) {
                Ok(value) => scope.set(name.clone(), value),
                Err(mut failure) => {
                    failure.origin = Some(origin.clone());
                    failure.what = format!("nothing captured as `{name}`: {}", failure.what);
                    failures.push(failure);
                }
            }
        }
        failures
    }
}

fn check_name(entry: &Entry) -> Result<(), Diagnostic> {
    let name = &entry.key;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(plain) {
        return Ok(());
    }
    let what = format!("`{name}` cannot be a name: letters, digits, `_` and `-` can stand in one");
    Err(Diagnostic::at(entry.key_origin.clone(), what))
}
