//! `icontains`

use super::Rule;
use super::containing::{Containing, Manner};
use crate::check::compare::same;

pub(super) static RULE: Rule = Rule {
    name: "icontains",
    summary: "as `contains`, ignoring upper and lower case",
    example: "{ icontains: saturn }",
    compile: |entry, _| Containing::compile(entry, &MANNER),
};

static MANNER: Manner = Manner {
    suffix: " (ignoring case)",
    in_text: |text, part| text.to_lowercase().contains(&part.to_lowercase()),
    is_element: |a, b| match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a.to_lowercase() == b.to_lowercase(),
        _ => same(a, b),
    },
};

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds};
    use serde_json::json;

    #[test]
    fn case_is_ignored() {
        holds("{ icontains: SATURN }", &json!("It is Saturn."));
        holds("{ icontains: GRÖSSE }", &json!("grösse"));
        holds("{ icontains: A }", &json!(["a"]));
        fails("{ icontains: earth }", &json!("Saturn"), "should contain \"earth\" (ignoring case)");
    }
}
