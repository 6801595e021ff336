//! `ge`

use super::Rule;
use super::ordering::Bound;
use std::cmp::Ordering;

pub(super) static RULE: Rule = Rule {
    name: "ge",
    summary: "is at least: numbers by value, strings by code point",
    example: "{ ge: 2 }",
    compile: |entry, _| Bound::compile(entry, "at least", Ordering::is_ge),
};

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn numbers_and_strings_have_an_order() {
        holds("{ ge: 1 }", &json!(1.0));
        fails("{ ge: 1 }", &json!(0.5), "should be at least 1");
        holds("{ ge: a }", &json!("a"));
        fails("{ ge: 1 }", &json!("1"), "should be a number");
        assert!(mistakes("{ ge: true }")[0].what.contains("takes a number or a string, not a boolean"));
    }
}
