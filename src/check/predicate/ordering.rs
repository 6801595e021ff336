//! What `gt`, `ge`, `lt` and `le` have in common.

use super::expected::Expected;
use super::{Context, Predicate};
use crate::check::compare::order;
use crate::check::compile::Mistakes;
use crate::check::found::Found;
use crate::check::show;
use crate::check::template::Reference;
use crate::check::unmet::{Judged, Unmet};
use crate::source::Entry;
use std::cmp::Ordering;

/// A bound on a number or a string.
#[derive(Debug)]
pub(super) struct Bound {
    words: &'static str,
    holds: fn(Ordering) -> bool,
    expected: Expected,
}

impl Bound {
    pub(super) fn compile(
        entry: &Entry,
        words: &'static str,
        holds: fn(Ordering) -> bool,
    ) -> Result<Box<dyn Predicate>, Mistakes> {
        let expected =
            Expected::of_kind(entry, "a number or a string", |value| value.is_number() || value.is_string())?;
        Ok(Box::new(Self { words, holds, expected }))
    }
}

impl Predicate for Bound {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let expected = self.expected.get(context)?;
        let actual = found.one()?;
        match order(actual, &expected) {
            Some(order) if (self.holds)(order) => Ok(()),
            Some(_) => Err(Unmet::should(self.phrase(context))
                .expected(format!("{} {}", self.words, show::json(&expected)))
                .actual(show::json(actual))
                .alone()),
            None => {
                Err(Unmet::wrong_kind(if expected.is_number() { "a number" } else { "a string" }, actual))
            }
        }
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        format!("be {} {}", self.words, self.expected.shown(context))
    }

    fn references(&self) -> Vec<Reference> {
        self.expected.references()
    }
}
