//! `contains`

use super::Rule;
use super::containing::{Containing, Manner};
use crate::check::compare::same;

pub(super) static RULE: Rule = Rule {
    name: "contains",
    summary: "a string has this part, a list this element, an object a member of this name",
    example: "{ contains: Saturn }",
    compile: |entry, _| Containing::compile(entry, &MANNER),
};

static MANNER: Manner = Manner { suffix: "", in_text: |text, part| text.contains(part), is_element: same };

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds};
    use serde_json::json;

    #[test]
    fn strings_lists_objects_and_nodes_contain() {
        holds("{ contains: turn }", &json!("Saturn"));
        fails("{ contains: saturn }", &json!("Saturn"), "should contain \"saturn\"");
        holds("{ contains: 1 }", &json!([0, 1.0]));
        holds("{ contains: 42 }", &json!("the answer is 42"));
        fails("{ contains: b }", &json!(["abc"]), "should contain \"b\"");
        holds("{ contains: a }", &json!({"a": null}));
        fails("{ contains: a }", &json!(5), "should be a string, a list or an object");
        let root = json!({"data": [{"id": "x1"}, {"id": "x2"}]});
        holds("{ '$.data[*].id': { contains: x2 } }", &root);
        fails("{ '$.data[*].id': { contains: x } }", &root, ".data[*].id should contain \"x\"");
        holds("{ '$.data[0:1].id': { contains: x } }", &root);
    }
}
