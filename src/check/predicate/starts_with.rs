//! `starts_with`

use super::Rule;
use super::affix::Affix;

pub(super) static RULE: Rule = Rule {
    name: "starts_with",
    summary: "a string starts with this text",
    example: "{ starts_with: text/event-stream }",
    compile: |entry, _| Affix::compile(entry, "start", |text, part| text.starts_with(part)),
};

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn the_start_of_a_string_is_compared() {
        holds("{ starts_with: ab }", &json!("abc"));
        fails("{ starts_with: b }", &json!("abc"), "should start with \"b\"");
        fails("{ starts_with: b }", &json!(["b"]), "should be a string");
        assert_eq!(mistakes("{ starts_with: 1 }")[0].hint.as_deref(), Some("put it in quotes"));
    }
}
