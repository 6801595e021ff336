//! `each`

use super::{Context, Predicate, Rule};
use crate::check::found::Found;
use crate::check::rules::Rules;
use crate::check::show;
use crate::check::template::Reference;
use crate::check::unmet::{Judged, Unmet, below};
use std::borrow::Cow;

/// Elements whose failures are reported one by one.
const REPORTED: usize = 3;

pub(super) static RULE: Rule = Rule {
    name: "each",
    summary: "every element of the list is like this, and there is at least one",
    example: "{ each: { $.object: model, $.id: { type: string } } }",
    compile: |entry, compiler| Ok(Box::new(Each { rules: Rules::of_entry(entry, compiler)? })),
};

#[derive(Debug)]
struct Each {
    rules: Rules,
}

impl Predicate for Each {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let elements = found.elements()?;
        if elements.is_empty() {
            let unmet = Unmet::firm("has no elements, so that `each` would check nothing");
            return Err(unmet.hint("`empty: true` or `len: 0` say that there may be none").alone());
        }
        let mut failures = Vec::new();
        let mut failed = 0;
        for (at, element) in elements.iter().enumerate() {
            let judged = self.rules.judge(&Found::One(Cow::Borrowed(element)), context);
            if let Err(unmet) = below(judged, &format!("[{at}]")) {
                failed += 1;
                if failed <= REPORTED {
                    failures.extend(unmet);
                }
            }
        }
        if let Some(last) = failures.last_mut().filter(|_| failed > REPORTED) {
            last.notes.push(format!("and {} more", show::count(failed - REPORTED, "element")));
        }
        if failures.is_empty() { Ok(()) } else { Err(failures) }
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        format!("have every element {}", self.rules.phrase(context))
    }

    fn references(&self) -> Vec<Reference> {
        self.rules.references()
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, judge};
    use serde_json::json;

    #[test]
    fn every_element_is_judged_and_the_failing_ones_are_named() {
        let list = json!([{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}, {"id": 5}]);
        holds("{ each: { $.id: { gt: 0 } } }", &list);
        holds("{ '$[*].id': { each: { type: integer } } }", &list);
        let unmet = judge(json!({}), "{ each: { $.id: 1 } }", &list).unwrap_err();
        let places: Vec<&str> = unmet.iter().map(|unmet| unmet.place.as_str()).collect();
        assert_eq!(places, ["[1].id", "[2].id", "[3].id"]);
        assert_eq!(unmet[2].notes, ["and 1 element more"]);
        fails("{ each: { eq: 1 } }", &json!([]), "has no elements, so that `each` would check nothing");
        fails("{ each: { eq: 1 } }", &json!({}), "should be a list");
    }
}
