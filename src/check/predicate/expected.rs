//! The value a predicate compares with.

use super::Context;
use crate::check::compile::Mistakes;
use crate::check::show;
use crate::check::template::{Reference, ValueTemplate};
use crate::check::unmet::Unmet;
use crate::source::{Entry, Node};
use serde_json::Value;
use std::borrow::Cow;

/// The value a predicate compares with; may have templates.
#[derive(Debug)]
pub(super) struct Expected(ValueTemplate);

impl Expected {
    pub(super) fn compile(node: &Node) -> Result<Self, Mistakes> {
        ValueTemplate::compile_expected(node).map(Self)
    }

    /// Compiles a value that must be of a certain kind, which is known at once unless it is a template.
    pub(super) fn of_kind(
        entry: &Entry,
        needed: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<Self, Mistakes> {
        let expected = Self::compile(&entry.value)?;
        match expected.0.constant() {
            Some(value) if !fits(value) => {
                let what = format!("`{}` takes {needed}, not {}", entry.key, entry.value.kind_name());
                let diagnostic = entry.value.diagnostic(what);
                Err(vec![if value.is_string() || needed != "a string" {
                    diagnostic
                } else {
                    diagnostic.hint("put it in quotes")
                }])
            }
            _ => Ok(expected),
        }
    }

    pub(super) fn get(&self, context: &Context<'_>) -> Result<Cow<'_, Value>, Vec<Unmet>> {
        self.0.get(context.scope).map_err(Unmet::unfilled)
    }

    /// As text, for predicates about strings.
    pub(super) fn text(&self, context: &Context<'_>) -> Result<Cow<'_, str>, Vec<Unmet>> {
        match self.get(context)? {
            Cow::Borrowed(Value::String(text)) => Ok(Cow::Borrowed(text)),
            Cow::Owned(Value::String(text)) => Ok(Cow::Owned(text)),
            other => {
                Err(Unmet::firm(format!("cannot be judged: a string is needed, not {}", show::json(&other)))
                    .alone())
            }
        }
    }

    /// For a message.
    pub(super) fn shown(&self, context: &Context<'_>) -> String {
        match self.0.get(context.scope) {
            Ok(value) => show::shorten(&value.to_string(), 80),
            Err(_) => "what a template names".to_owned(),
        }
    }

    pub(super) fn references(&self) -> Vec<Reference> {
        self.0.references()
    }
}
