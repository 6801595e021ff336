//! `ne`

use super::expected::Expected;
use super::{Context, Predicate, Rule};
use crate::check::compare::same;
use crate::check::found::Found;
use crate::check::show;
use crate::check::template::Reference;
use crate::check::unmet::{Judged, Unmet};

pub(super) static RULE: Rule = Rule {
    name: "ne",
    summary: "is there and not equal",
    example: "{ ne: error }",
    compile: |entry, _| Ok(Box::new(Ne { expected: Expected::compile(&entry.value)? })),
};

#[derive(Debug)]
struct Ne {
    expected: Expected,
}

impl Predicate for Ne {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let expected = self.expected.get(context)?;
        let actual =
            if expected.is_array() { found.whole()? } else { std::borrow::Cow::Borrowed(found.one()?) };
        if same(&actual, &expected) {
            return Err(Unmet::should(self.phrase(context)).actual(show::json(&actual)).alone());
        }
        Ok(())
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        format!("differ from {}", self.expected.shown(context))
    }

    fn references(&self) -> Vec<Reference> {
        self.expected.references()
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds};
    use serde_json::json;

    #[test]
    fn what_is_not_there_does_not_differ() {
        holds("{ ne: 1 }", &json!("1"));
        fails("{ ne: 1 }", &json!(1.0), "should differ from 1");
        fails("{ $.a: { ne: 1 } }", &json!({}), ".a is not there");
    }
}
