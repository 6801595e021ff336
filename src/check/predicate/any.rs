//! `any`

use super::{Context, Predicate, Rule};
use crate::check::compile;
use crate::check::found::Found;
use crate::check::rules::Rules;
use crate::check::show;
use crate::check::template::Reference;
use crate::check::unmet::{Judged, Unmet};
use crate::source::Kind;
use std::borrow::Cow;

/// Reasons shown for alternatives and elements that do not hold.
const REASONS: usize = 3;

pub(super) static RULE: Rule = Rule {
    name: "any",
    summary: "with a list: one of these predicate sets holds; with a mapping: some element of the list is like this",
    example: "{ any: [{ eq: stop }, { starts_with: len }] }",
    compile: |entry, compiler| match &entry.value.kind {
        Kind::List(items) if !items.is_empty() => Ok(Box::new(AnySet {
            sets: compile::all(items.iter().map(|item| Rules::of_node(item, compiler)))?,
        })),
        Kind::Map(_) => Ok(Box::new(AnyElement { rules: Rules::of_entry(entry, compiler)? })),
        _ => {
            let what = format!(
                "`any` takes a list of predicates, or a mapping that some element is like, not {}",
                entry.value.kind_name()
            );
            Err(vec![entry.value.diagnostic(what)])
        }
    },
};

#[derive(Debug)]
struct AnySet {
    sets: Vec<Rules>,
}

impl Predicate for AnySet {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let mut failures = Vec::new();
        for set in &self.sets {
            match set.judge(found, context) {
                Ok(()) => return Ok(()),
                Err(unmet) => failures.extend(unmet),
            }
        }
        if failures.iter().all(|unmet| unmet.firm) {
            failures.truncate(1);
            return Err(failures);
        }
        let actual = found.whole().map_or_else(|_| "nothing".to_owned(), |value| show::json(&value));
        Err(Unmet::should(self.phrase(context)).actual(actual).alone())
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        let phrases: Vec<String> = self.sets.iter().map(|set| set.phrase(context)).collect();
        phrases.join(" or ")
    }

    fn references(&self) -> Vec<Reference> {
        self.sets.iter().flat_map(Rules::references).collect()
    }
}

#[derive(Debug)]
struct AnyElement {
    rules: Rules,
}

impl Predicate for AnyElement {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let elements = found.elements()?;
        let mut reasons = Vec::new();
        for (at, element) in elements.iter().enumerate() {
            match self.rules.judge(&Found::One(Cow::Borrowed(element)), context) {
                Ok(()) => return Ok(()),
                Err(unmet) if reasons.len() < REASONS => reasons.push(unmet[0].in_short(&format!("[{at}]"))),
                Err(_) => {}
            }
        }
        if elements.len() > reasons.len() {
            reasons.push(format!("and {} more", show::count(elements.len() - reasons.len(), "element")));
        }
        let actual = format!("none of {}", show::count(elements.len(), "element"));
        Err(Unmet::should(self.phrase(context)).actual(actual).notes(reasons).alone())
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        format!("have an element to {}", self.rules.phrase(context))
    }

    fn references(&self) -> Vec<Reference> {
        self.rules.references()
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn one_set_is_enough() {
        holds("{ any: [{ eq: 1 }, { gt: 5 }] }", &json!(6));
        fails("{ any: [{ eq: 1 }, { gt: 5 }] }", &json!(3), "should be 1 or be greater than 5");
        holds("{ any: [~, { type: string }] }", &json!("x"));
    }

    #[test]
    fn one_element_is_enough() {
        let list = json!([{"id": 1}, {"id": 2, "x": null}]);
        holds("{ any: { $.id: 2, $.x: { exists: true } } }", &list);
        let unmet = fails("{ any: { $.id: 3 } }", &list, "should have an element to have a $.id to be 3");
        assert_eq!(unmet.notes, ["[0].id should be 3, but is 1", "[1].id should be 3, but is 2"]);
        fails("{ any: { $.id: 3 } }", &json!([]), "should have an element");
        holds("{ '$[*].id': { any: { gt: 1 } } }", &list);
        assert!(mistakes("{ any: x }")[0].what.contains("`any` takes a list"));
    }
}
