//! `le`

use super::Rule;
use super::ordering::Bound;
use std::cmp::Ordering;

pub(super) static RULE: Rule = Rule {
    name: "le",
    summary: "is at most: numbers by value, strings by code point",
    example: "{ le: 100 }",
    compile: |entry, _| Bound::compile(entry, "at most", Ordering::is_le),
};

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn numbers_and_strings_have_an_order() {
        holds("{ le: 18446744073709551614 }", &json!(18446744073709551614_u64));
        fails("{ le: 18446744073709551614 }", &json!(u64::MAX), "should be at most 18446744073709551614");
        holds("{ le: a }", &json!("a"));
        fails("{ le: 1 }", &json!("1"), "should be a number");
        assert!(mistakes("{ le: true }")[0].what.contains("takes a number or a string, not a boolean"));
    }
}
