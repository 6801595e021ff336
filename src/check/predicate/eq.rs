//! `eq`, and what a bare value means.

use super::expected::Expected;
use super::{Context, Predicate, Rule};
use crate::check::compare::{first_difference, same};
use crate::check::compile::Mistakes;
use crate::check::found::{Found, list_of};
use crate::check::show;
use crate::check::template::Reference;
use crate::check::unmet::{Judged, Unmet};
use crate::source::Node;
use serde_json::Value;
use std::mem::discriminant;

pub(super) static RULE: Rule = Rule {
    name: "eq",
    summary: "is equal: numbers by value (1 is 1.0), objects whatever the order of their members; a bare value means the same",
    example: "{ eq: { role: assistant } }",
    compile: |entry, _| equality(&entry.value),
};

/// Equality with a value.
pub(in crate::check) fn equality(node: &Node) -> Result<Box<dyn Predicate>, Mistakes> {
    Ok(Box::new(Eq { expected: Expected::compile(node)? }))
}

#[derive(Debug)]
struct Eq {
    expected: Expected,
}

impl Predicate for Eq {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let expected = self.expected.get(context)?;
        let actual = match found {
            // A path that selects several is compared as the list of what it selects; one that selects one, either way.
            Found::Nodes(nodes) if expected.is_array() => {
                if nodes.len() == 1 && same(nodes[0], &expected) {
                    return Ok(());
                }
                &list_of(nodes)
            }
            other => other.one()?,
        };
        if same(actual, &expected) { Ok(()) } else { Err(self.differs(actual, &expected, context)) }
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        format!("be {}", self.expected.shown(context))
    }

    fn references(&self) -> Vec<Reference> {
        self.expected.references()
    }
}

impl Eq {
    fn differs(&self, actual: &Value, expected: &Value, context: &Context<'_>) -> Vec<Unmet> {
        let unmet =
            Unmet::should(self.phrase(context)).expected(show::json(expected)).actual(show::json(actual));
        let unmet = match first_difference(actual, expected) {
            Some(place) if !place.is_empty() => {
                unmet.notes(vec![format!("the first difference is at {place}")])
            }
            _ => unmet,
        };
        let scalars = !(actual.is_array() || actual.is_object());
        if scalars && discriminant(actual) != discriminant(expected) && text_of(actual) == text_of(expected) {
            let kinds = (show::kind_of(expected), show::kind_of(actual));
            return unmet
                .hint(format!("the types differ: {} is expected, {} came", kinds.0, kinds.1))
                .alone();
        }
        unmet.alone()
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds};
    use serde_json::json;

    #[test]
    fn equality_is_by_value() {
        holds("1", &json!(1.0));
        holds("{ eq: {a: 1, b: [x]} }", &json!({"b": ["x"], "a": 1}));
        holds("~", &json!(null));
        holds("[1, 2]", &json!([1, 2]));
        fails("{ eq: {a: 1} }", &json!({"a": 1, "b": 2}), "should be {\"a\":1}");
        assert_eq!(
            fails("'200'", &json!(200), "should be \"200\"").hint.as_deref(),
            Some("the types differ: a string is expected, an integer came")
        );
        assert_eq!(
            fails("[1, [2, 3]]", &json!([1, [2, 4]]), "should be").notes,
            ["the first difference is at [1][1]"]
        );
    }

    #[test]
    fn several_nodes_are_a_list_and_one_is_itself() {
        let root = json!({"data": [{"id": "a"}, {"id": "b"}], "one": [{"id": "a"}]});
        holds("{ '$.data[*].id': [a, b] }", &root);
        holds("{ '$.one[*].id': a }", &root);
        holds("{ '$.one[*].id': [a] }", &root);
        fails("{ '$.data[*].id': a }", &root, ".data[*].id selects several values where one is needed");
        fails("{ '$.none[*].id': a }", &root, ".none[*].id is not there");
    }
}
