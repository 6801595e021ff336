//! `not`

use super::{Context, Predicate, Rule};
use crate::check::found::Found;
use crate::check::rules::Rules;
use crate::check::show;
use crate::check::template::Reference;
use crate::check::unmet::{Judged, Unmet};

pub(super) static RULE: Rule = Rule {
    name: "not",
    summary: "is there, and what follows (predicates, or a bare value) does not hold; a value of the wrong kind fails all the same",
    example: "{ not: { contains: error } }",
    compile: |entry, compiler| Ok(Box::new(Not { rules: Rules::of_entry(entry, compiler)? })),
};

#[derive(Debug)]
struct Not {
    rules: Rules,
}

impl Predicate for Not {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        match self.rules.judge(found, context) {
            Ok(()) => {
                let unmet = Unmet::should(self.phrase(context));
                Err(match found.whole() {
                    Ok(value) => unmet.actual(show::json(&value)).alone(),
                    Err(_) => unmet.alone(),
                })
            }
            Err(unmet) if unmet.iter().all(|unmet| unmet.firm) => Err(unmet),
            Err(_) => Ok(()),
        }
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        format!("not {}", self.rules.phrase(context))
    }

    fn references(&self) -> Vec<Reference> {
        self.rules.references()
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds};
    use serde_json::json;

    #[test]
    fn what_cannot_be_judged_is_not_made_true() {
        holds("{ not: { contains: error } }", &json!("fine"));
        fails("{ not: { contains: error } }", &json!("an error"), "should not contain \"error\"");
        holds("{ not: 5 }", &json!(4));
        holds("{ not: { ge: 1, le: 3 } }", &json!(4));
        fails("{ $.a: { not: 5 } }", &json!({}), ".a is not there");
        fails("{ not: { contains: error } }", &json!(null), "should be a string, a list or an object");
        fails("{ not: '{{ nobody }}' }", &json!(1), "cannot be judged: `nobody` names nothing");
        fails("{ not: { not: { eq: 1 } } }", &json!(2), "should not not be 1");
    }
}
