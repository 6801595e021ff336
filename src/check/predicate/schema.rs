//! `schema`

use super::{Context, Predicate, Rule};
use crate::check::compile::{Compiler, Mistakes};
use crate::check::found::Found;
use crate::check::show;
use crate::check::unmet::{Judged, Unmet};
use crate::source::{Diagnostic, Entry, Kind, yaml};
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Errors reported of one value.
const REPORTED: usize = 5;

pub(super) static RULE: Rule = Rule {
    name: "schema",
    summary: "is valid against a JSON Schema, written here or in a file beside the suite; formats are checked, nothing is fetched",
    example: "{ schema: { type: object, required: [id], properties: { id: { type: string } } } }",
    compile,
};

fn compile(entry: &Entry, compiler: &Compiler<'_>) -> Result<Box<dyn Predicate>, Mistakes> {
    let (schema, name) = match &entry.value.kind {
        Kind::String(name) => {
            (from_file(entry, name, compiler).map_err(|mistake| vec![mistake])?, Some(name.clone()))
        }
        Kind::Map(_) | Kind::Bool(_) => (entry.value.to_json(), None),
        _ => {
            let what = format!(
                "`schema` takes a JSON Schema or the name of a file, not {}",
                entry.value.kind_name()
            );
            return Err(vec![entry.value.diagnostic(what)]);
        }
    };
    let validator = jsonschema::options()
        .offline()
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
        .build(&schema)
        .map_err(|error| {
            let what = format!("no valid JSON Schema: {}", show::shorten(&error.to_string(), 200));
            let place = error.instance_path().to_string();
            let diagnostic = entry.value.diagnostic(what);
            vec![if place.is_empty() {
                diagnostic
            } else {
                diagnostic.note(format!("at {place} in the schema"))
            }]
        })?;
    Ok(Box::new(Schema { validator, name }))
}

fn from_file(entry: &Entry, name: &str, compiler: &Compiler<'_>) -> Result<Value, Diagnostic> {
    let origin = &entry.value.origin;
    let at = |what: String| Diagnostic::at(origin.clone(), what);
    if name.contains("{{") {
        return Err(at("the name of a schema's file cannot have templates".into()));
    }
    let file = match compiler.resources.text(&origin.file, name) {
        Ok(Some(file)) => file,
        Ok(None) => {
            return Err(at(format!("there is no file `{name}`")).hint("it is looked for beside the suite"));
        }
        Err(why) => return Err(at(format!("`{name}` cannot be read: {why}"))),
    };
    match serde_json::from_str(file.text()) {
        Ok(schema) => Ok(schema),
        Err(_) => yaml::parse(&file).map(|node| node.to_json()),
    }
}

#[derive(Debug)]
struct Schema {
    validator: Validator,
    name: Option<String>,
}

impl Predicate for Schema {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let actual = found.whole()?;
        if self.validator.is_valid(&actual) {
            return Ok(());
        }
        let mut errors = self.validator.iter_errors(&actual);
        let mut reasons: Vec<String> = errors
            .by_ref()
            .take(REPORTED)
            .map(|error| {
                let place = error.instance_path().to_string();
                let place = if place.is_empty() { "the value itself" } else { &place };
                format!("{place}: {}", show::shorten(&error.to_string(), 200))
            })
            .collect();
        match errors.count() {
            0 => {}
            more => reasons.push(format!("and {} more", show::count(more, "error"))),
        }
        Err(Unmet::should(self.phrase(context)).actual(show::json(&actual)).notes(reasons).alone())
    }

    fn phrase(&self, _context: &Context<'_>) -> String {
        match &self.name {
            Some(name) => format!("be valid against the schema {name}"),
            None => "be valid against the schema".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn errors_have_pointers_and_at_most_five_are_shown() {
        let schema = "{ schema: { type: object, required: [id], additionalProperties: { type: string } } }";
        holds(schema, &json!({"id": "x"}));
        let value = json!({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6});
        let unmet = fails(schema, &value, "should be valid against the schema");
        assert_eq!(unmet.notes.len(), 6);
        assert!(unmet.notes.iter().any(|note| note.starts_with("/a: 1 is not of type")), "{:?}", unmet.notes);
        assert_eq!(unmet.notes[5], "and 2 errors more");
    }

    #[test]
    fn formats_are_checked_and_nothing_is_fetched() {
        holds("{ schema: { format: date } }", &json!("2024-02-29"));
        fails("{ schema: { format: date } }", &json!("2024-02-30"), "should be valid");
        assert!(
            mistakes("{ schema: { $ref: 'https://example.com/x.json' } }")[0]
                .what
                .contains("no valid JSON Schema")
        );
        assert!(
            mistakes("{ schema: { $ref: 'file:///etc/passwd' } }")[0].what.contains("no valid JSON Schema")
        );
        assert!(mistakes("{ schema: { type: strin } }")[0].what.contains("no valid JSON Schema"));
        assert!(mistakes("{ schema: [1] }")[0].what.contains("takes a JSON Schema or the name of a file"));
    }

    #[test]
    fn a_schema_may_be_a_file_beside_the_suite() {
        holds("{ schema: point.json }", &json!({"x": 1}));
        fails("{ schema: point.json }", &json!({"x": "1"}), "should be valid against the schema point.json");
        assert!(mistakes("{ schema: nowhere.json }")[0].what.contains("there is no file `nowhere.json`"));
        assert!(mistakes("{ schema: ../../x.json }")[0].what.contains("cannot be read: it lies outside"));
    }
}
