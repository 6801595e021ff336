//! `ends_with`

use super::Rule;
use super::affix::Affix;

pub(super) static RULE: Rule = Rule {
    name: "ends_with",
    summary: "a string ends with this text",
    example: "{ ends_with: '.' }",
    compile: |entry, _| Affix::compile(entry, "end", |text, part| text.ends_with(part)),
};

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn the_end_of_a_string_is_compared() {
        holds("{ ends_with: bc }", &json!("abc"));
        fails("{ ends_with: b }", &json!("abc"), "should end with \"b\"");
        fails("{ ends_with: b }", &json!(["b"]), "should be a string");
        assert_eq!(mistakes("{ ends_with: 1 }")[0].hint.as_deref(), Some("put it in quotes"));
    }
}
