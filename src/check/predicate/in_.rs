//! `in`

use super::expected::Expected;
use super::{Context, Predicate, Rule};
use crate::check::compare::same;
use crate::check::found::Found;
use crate::check::show;
use crate::check::template::Reference;
use crate::check::unmet::{Judged, Unmet};

pub(super) static RULE: Rule = Rule {
    name: "in",
    summary: "equals one of a list",
    example: "{ in: [stop, length] }",
    compile: |entry, _| {
        let list = Expected::of_kind(entry, "a list", |value| {
            value.as_array().is_some_and(|list| !list.is_empty())
        })?;
        Ok(Box::new(In { list }))
    },
};

#[derive(Debug)]
struct In {
    list: Expected,
}

impl Predicate for In {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let list = self.list.get(context)?;
        let Some(allowed) = list.as_array() else {
            return Err(Unmet::firm(format!(
                "cannot be judged: a list is needed, not {}",
                show::json(&list)
            ))
            .alone());
        };
        let actual = found.one()?;
        if allowed.iter().any(|allowed| same(actual, allowed)) {
            return Ok(());
        }
        let expected = format!("one of {}", show::json(&list));
        Err(Unmet::should(self.phrase(context)).expected(expected).actual(show::json(actual)).alone())
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        format!("be one of {}", self.list.shown(context))
    }

    fn references(&self) -> Vec<Reference> {
        self.list.references()
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn one_of_the_list_is_enough() {
        holds("{ in: [1, a] }", &json!(1.0));
        fails("{ in: [1, a] }", &json!("b"), "should be one of [1,\"a\"]");
        assert!(mistakes("{ in: a }")[0].what.contains("`in` takes a list, not a string"));
        assert!(mistakes("{ in: [] }")[0].what.contains("`in` takes a list"));
    }
}
