//! `lt`

use super::Rule;
use super::ordering::Bound;
use std::cmp::Ordering;

pub(super) static RULE: Rule = Rule {
    name: "lt",
    summary: "is less than: numbers by value, strings by code point",
    example: "{ lt: 0.5 }",
    compile: |entry, _| Bound::compile(entry, "less than", Ordering::is_lt),
};

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn numbers_and_strings_have_an_order() {
        holds("{ lt: 1 }", &json!(0.5));
        fails("{ lt: 1 }", &json!(1.0), "should be less than 1");
        fails("{ lt: a }", &json!("a"), "should be less than \"a\"");
        fails("{ lt: 1 }", &json!("1"), "should be a number");
        assert!(mistakes("{ lt: true }")[0].what.contains("takes a number or a string, not a boolean"));
    }
}
