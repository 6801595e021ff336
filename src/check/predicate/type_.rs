//! `type`

use super::{Context, Predicate, Rule};
use crate::check::compare::integer;
use crate::check::compile::Mistakes;
use crate::check::found::Found;
use crate::check::show;
use crate::check::unmet::{Judged, Unmet};
use crate::source::{Entry, Kind, Node, nearest};
use serde_json::Value;

pub(super) static RULE: Rule = Rule {
    name: "type",
    summary: "is of this type, or one of a list of types: string number integer boolean array object null (1.0 is an integer)",
    example: "{ type: [string, 'null'] }",
    compile: |entry, _| compile(entry),
};

const NAMES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];

fn compile(entry: &Entry) -> Result<Box<dyn Predicate>, Mistakes> {
    let names = match &entry.value.kind {
        Kind::List(items) if !items.is_empty() => crate::check::compile::all(items.iter().map(name))?,
        _ => vec![name(&entry.value)?],
    };
    Ok(Box::new(Type { names }))
}

fn name(node: &Node) -> Result<&'static str, Mistakes> {
    let typed = match &node.kind {
        Kind::Null => "null",
        Kind::String(text) => text,
        _ => "",
    };
    NAMES.into_iter().find(|name| *name == typed).ok_or_else(|| {
        let diagnostic = node.diagnostic(format!(
            "{} is no type",
            node.as_str().map_or_else(|| node.kind_name().to_owned(), |text| format!("`{text}`"))
        ));
        let near = nearest(typed, NAMES).map(|near| format!("did you mean `{near}`?"));
        vec![diagnostic.hint(near.unwrap_or_else(|| format!("types are {}", NAMES.join(" "))))]
    })
}

#[derive(Debug)]
struct Type {
    names: Vec<&'static str>,
}

fn is(value: &Value, name: &str) -> bool {
    match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Number(number) => name == "number" || (name == "integer" && integer(number).is_some()),
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    }
}

impl Predicate for Type {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let actual = found.one()?;
        if self.names.iter().any(|name| is(actual, name)) {
            return Ok(());
        }
        let shown = format!("{}: {}", show::kind_of(actual), show::json(actual));
        Err(Unmet::should(self.phrase(context)).expected(self.names.join(" or ")).actual(shown).alone())
    }

    fn phrase(&self, _context: &Context<'_>) -> String {
        format!("be of type {}", self.names.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn every_value_has_its_type() {
        for (name, value) in [
            ("string", json!("")),
            ("number", json!(1.5)),
            ("number", json!(1)),
            ("integer", json!(1.0)),
            ("boolean", json!(false)),
            ("array", json!([])),
            ("object", json!({})),
            ("null", json!(null)),
        ] {
            holds(&format!("{{ type: {name} }}"), &value);
        }
        holds("{ type: [string, null] }", &json!(null));
        fails("{ type: integer }", &json!(1.5), "should be of type integer");
        assert_eq!(mistakes("{ type: sting }")[0].hint.as_deref(), Some("did you mean `string`?"));
        assert!(mistakes("{ type: 5 }")[0].what.contains("a number is no type"));
    }
}
