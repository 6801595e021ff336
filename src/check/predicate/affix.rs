//! What `starts_with` and `ends_with` have in common.

use super::expected::Expected;
use super::{Context, Predicate};
use crate::check::compile::Mistakes;
use crate::check::found::Found;
use crate::check::show;
use crate::check::template::Reference;
use crate::check::unmet::{Judged, Unmet};
use crate::source::Entry;

/// A string that begins or ends with another.
#[derive(Debug)]
pub(super) struct Affix {
    verb: &'static str,
    holds: fn(&str, &str) -> bool,
    part: Expected,
}

impl Affix {
    pub(super) fn compile(
        entry: &Entry,
        verb: &'static str,
        holds: fn(&str, &str) -> bool,
    ) -> Result<Box<dyn Predicate>, Mistakes> {
        let part = Expected::of_kind(entry, "a string", serde_json::Value::is_string)?;
        Ok(Box::new(Self { verb, holds, part }))
    }
}

impl Predicate for Affix {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let part = self.part.text(context)?;
        let actual = found.one()?;
        let Some(text) = actual.as_str() else { return Err(Unmet::wrong_kind("a string", actual)) };
        if (self.holds)(text, &part) {
            return Ok(());
        }
        Err(Unmet::should(self.phrase(context)).actual(show::json(actual)).alone())
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        format!("{} with {}", self.verb, self.part.shown(context))
    }

    fn references(&self) -> Vec<Reference> {
        self.part.references()
    }
}
