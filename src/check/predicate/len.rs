//! `len`

use super::{Context, Predicate, Rule};
use crate::check::found::Found;
use crate::check::rules::Rules;
use crate::check::template::Reference;
use crate::check::unmet::{Judged, Unmet, below};
use crate::source::Kind;
use serde_json::Value;
use std::borrow::Cow;

pub(super) static RULE: Rule = Rule {
    name: "len",
    summary: "has this many characters, elements or members; takes a number or predicates",
    example: "{ len: { ge: 2 } }",
    compile: |entry, compiler| match entry.value.kind {
        Kind::Number(_) | Kind::Map(_) => Ok(Box::new(Len { rules: Rules::of_entry(entry, compiler)? })),
        Kind::String(ref text) if text.contains("{{") => {
            Ok(Box::new(Len { rules: Rules::of_entry(entry, compiler)? }))
        }
        _ => Err(vec![
            entry
                .value
                .diagnostic(format!("`len` takes a number or predicates, not {}", entry.value.kind_name())),
        ]),
    },
};

#[derive(Debug)]
struct Len {
    rules: Rules,
}

impl Predicate for Len {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let len = match found {
            Found::Nodes(nodes) => nodes.len(),
            other => match other.one()? {
                Value::String(text) => text.chars().count(),
                Value::Array(items) => items.len(),
                Value::Object(members) => members.len(),
                value => return Err(Unmet::wrong_kind("a string, a list or an object", value)),
            },
        };
        below(self.rules.judge(&Found::One(Cow::Owned(len.into())), context), " (its length)")
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        format!("have a length to {}", self.rules.phrase(context))
    }

    fn references(&self) -> Vec<Reference> {
        self.rules.references()
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, holds_in, mistakes};
    use serde_json::json;

    #[test]
    fn characters_elements_members_and_nodes_are_counted() {
        holds("{ len: 2 }", &json!("ßü"));
        holds("{ len: { ge: 1, lt: 3 } }", &json!([1, 2]));
        holds("{ len: 1 }", &json!({"a": 1}));
        holds("{ '$..a': { len: 2 } }", &json!([{"a": 1}, {"a": [1, 2, 3]}]));
        holds_in(json!({"n": 2}), "{ len: '{{ n }}' }", &json!("ab"));
        let unmet = fails("{ len: 3 }", &json!("ab"), " (its length) should be 3");
        assert_eq!(unmet.actual.as_deref(), Some("2"));
        fails("{ len: 3 }", &json!(3), "should be a string, a list or an object");
        assert!(
            mistakes("{ len: many }")[0].what.contains("`len` takes a number or predicates, not a string")
        );
    }
}
