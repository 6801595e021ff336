//! `empty`

use super::{Context, Predicate, Rule};
use crate::check::compile::boolean;
use crate::check::found::Found;
use crate::check::show;
use crate::check::unmet::{Judged, Unmet};
use serde_json::Value;

pub(super) static RULE: Rule = Rule {
    name: "empty",
    summary: "is there and is \"\", [], {} or null, or with `false`, is not",
    example: "{ empty: false }",
    compile: |entry, _| Ok(Box::new(Empty { wanted: boolean(entry)? })),
};

#[derive(Debug)]
struct Empty {
    wanted: bool,
}

impl Predicate for Empty {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let actual = found.whole()?;
        let empty = match &*actual {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            other => return Err(Unmet::wrong_kind("a string, a list or an object", other)),
        };
        if empty == self.wanted {
            return Ok(());
        }
        Err(Unmet::should(self.phrase(context)).actual(show::json(&actual)).alone())
    }

    fn phrase(&self, _context: &Context<'_>) -> String {
        if self.wanted { "be empty".into() } else { "not be empty".into() }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds};
    use serde_json::json;

    #[test]
    fn emptiness() {
        for value in [json!(""), json!([]), json!({}), json!(null)] {
            holds("{ empty: true }", &value);
            fails("{ empty: false }", &value, "should not be empty");
        }
        holds("{ not: { empty: true } }", &json!(" "));
        fails("{ not: { empty: true } }", &json!(""), "should not be empty");
        fails("{ $.a: { not: { empty: true } } }", &json!({}), ".a is not there");
        fails("{ empty: false }", &json!(0), "should be a string, a list or an object");
        holds("{ '$.a[*]': { empty: true } }", &json!({"a": []}));
    }
}
