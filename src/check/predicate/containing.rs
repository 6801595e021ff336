//! What `contains` and `icontains` have in common.

use super::expected::Expected;
use super::{Context, Predicate};
use crate::check::compile::Mistakes;
use crate::check::found::Found;
use crate::check::show;
use crate::check::template::Reference;
use crate::check::unmet::{Judged, Unmet};
use crate::source::Entry;
use serde_json::Value;

/// How a string contains a string, and when an element is the one looked for.
#[derive(Debug)]
pub(super) struct Manner {
    pub(super) suffix: &'static str,
    pub(super) in_text: fn(&str, &str) -> bool,
    pub(super) is_element: fn(&Value, &Value) -> bool,
}

/// A string with a part, a list with an element, an object with a member.
#[derive(Debug)]
pub(super) struct Containing {
    manner: &'static Manner,
    part: Expected,
}

impl Containing {
    pub(super) fn compile(entry: &Entry, manner: &'static Manner) -> Result<Box<dyn Predicate>, Mistakes> {
        Ok(Box::new(Self { manner, part: Expected::compile(&entry.value)? }))
    }

    fn holds(&self, actual: &Value, part: &Value) -> Result<bool, Vec<Unmet>> {
        match (actual, part) {
            (Value::String(text), Value::String(part)) => Ok((self.manner.in_text)(text, part)),
            (Value::String(text), Value::Number(_) | Value::Bool(_)) => Ok(text.contains(&part.to_string())),
            (Value::Array(items), part) => Ok(items.iter().any(|item| (self.manner.is_element)(item, part))),
            (Value::Object(members), Value::String(name)) => Ok(members
                .keys()
                .any(|member| (self.manner.is_element)(&member.as_str().into(), &name.as_str().into()))),
            _ => Err(Unmet::wrong_kind("a string, a list or an object", actual)),
        }
    }
}

impl Predicate for Containing {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let part = self.part.get(context)?;
        let holds = match found {
            Found::Nodes(nodes) if nodes.iter().any(|node| (self.manner.is_element)(node, &part)) => true,
            Found::Nodes(nodes) if nodes.len() > 1 => false,
            other => self.holds(other.one()?, &part)?,
        };
        if holds {
            return Ok(());
        }
        let expected = format!("contains {}{}", show::json(&part), self.manner.suffix);
        Err(Unmet::should(self.phrase(context))
            .expected(expected)
            .actual(show::json(&*found.whole()?))
            .alone())
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        format!("contain {}{}", self.part.shown(context), self.manner.suffix)
    }

    fn references(&self) -> Vec<Reference> {
        self.part.references()
    }
}
