//! `gt`

use super::Rule;
use super::ordering::Bound;
use std::cmp::Ordering;

pub(super) static RULE: Rule = Rule {
    name: "gt",
    summary: "is greater than: numbers by value, strings by code point",
    example: "{ gt: 0 }",
    compile: |entry, _| Bound::compile(entry, "greater than", Ordering::is_gt),
};

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn numbers_and_strings_have_an_order() {
        holds("{ gt: 1 }", &json!(1.5));
        fails("{ gt: 1 }", &json!(1.0), "should be greater than 1");
        holds("{ gt: a }", &json!("b"));
        fails("{ gt: 1 }", &json!("1"), "should be a number");
        assert!(mistakes("{ gt: true }")[0].what.contains("takes a number or a string, not a boolean"));
    }
}
