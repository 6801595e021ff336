//! The schemas of a document: of OpenAPI 3.0 made those of JSON Schema, and compiled, each once.

use super::Error;
use super::pointer::fragment;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, ReferencingError, Registry, ValidationError, Validator};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The name by which schemas refer to the document; nothing is asked for by it.
const BASE: &str = "urn:openapi-document";

/// Longest compiled pattern, in bytes.
const MOST_PATTERN: usize = 1 << 20;

/// The schemas of a document, by their places in it.
pub(super) struct Schemas {
    registry: Registry<'static>,
    compiled: Mutex<HashMap<String, Compiled>>,
}

/// A schema, or why it cannot be used.
pub(super) type Compiled = Arc<Result<Validator, String>>;

impl Schemas {
    /// # Errors
    /// A name in it that is no URI, or one that would have to be fetched.
    pub(super) fn new(root: &Arc<Value>) -> Result<Self, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::Schemas(error.to_string());
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .retriever(Nowhere)
            .add(BASE, Arc::clone(root))
            .map_err(|error| failed(&error))?
            .prepare()
            .map_err(|error| failed(&error))?;
        Ok(Self { registry, compiled: Mutex::default() })
    }

    /// The schema at `pointer`.
    pub(super) fn at(&self, pointer: &str) -> Compiled {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compiled.get(pointer) {
            return Arc::clone(known);
        }
        let schema = json!({ "$ref": format!("{BASE}#{}", fragment(pointer)) });
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.registry)
            .offline()
            .with_pattern_options(PatternOptions::regex().size_limit(MOST_PATTERN))
            .build(&schema)
            .map_err(|error| why(&error));
        let new = Arc::new(validator);
        compiled.insert(pointer.to_owned(), Arc::clone(&new));
        new
    }
}

/// Why a schema cannot be used.
fn why(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Referencing(ReferencingError::Unretrievable { uri, .. }) => {
            format!("`{uri}` is outside the document, and nothing is fetched")
        }
        _ => error.to_string(),
    }
}

/// Fetches nothing.
struct Nowhere;

impl jsonschema::Retrieve for Nowhere {
    fn retrieve(
        &self,
        uri: &jsonschema::Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err(format!("`{uri}` is outside the document, and nothing is fetched").into())
    }
}

/// Makes of each schema of OpenAPI 3.0 one of JSON Schema 2020-12. Where a document is of 3.1, nothing changes but that what
/// only requests have need not be in answers.
pub(super) fn translate(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(translate),
        Value::Object(members) => {
            // What is in an example only looks like a schema.
            let names =
                members.iter_mut().filter(|(name, _)| !matches!(name.as_str(), "example" | "examples"));
            names.for_each(|(_, member)| translate(member));
            without_write_only(members);
            exclusive(members, "minimum", "exclusiveMinimum");
            exclusive(members, "maximum", "exclusiveMaximum");
            if members.get("nullable") == Some(&Value::Bool(true)) {
                members.shift_remove("nullable");
                or_null(members);
            }
        }
        _ => {}
    }
}

fn or_null(schema: &mut Map<String, Value>) {
    let alone =
        !["$ref", "allOf", "anyOf", "oneOf", "not", "const"].iter().any(|key| schema.contains_key(*key));
    let has_choice = schema.contains_key("enum");
    match schema.get_mut("type") {
        Some(Value::String(name)) if alone => {
            let both = json!([std::mem::take(name), "null"]);
            schema.insert("type".to_owned(), both);
            if let Some(Value::Array(values)) = schema.get_mut("enum")
                && !values.contains(&Value::Null)
            {
                values.push(Value::Null);
            }
        }
        // Without a type, null is as good as anything.
        None if alone && !has_choice => {}
        _ => {
            let whole = std::mem::take(schema);
            schema.insert("anyOf".to_owned(), json!([whole, { "type": "null" }]));
        }
    }
}

/// `exclusiveMinimum` was a boolean beside `minimum`, and is a number in its place.
fn exclusive(schema: &mut Map<String, Value>, limit: &str, exclusive: &str) {
    match schema.get(exclusive) {
        Some(Value::Bool(true)) if schema.get(limit).is_some_and(Value::is_number) => {
            let number = schema.shift_remove(limit).unwrap_or_default();
            schema.insert(exclusive.to_owned(), number);
        }
        Some(Value::Bool(_)) => drop(schema.shift_remove(exclusive)),
        _ => {}
    }
}

/// A member that only requests have is not missing in an answer.
fn without_write_only(schema: &mut Map<String, Value>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let is_write_only = |property: &Value| property.get("writeOnly") == Some(&Value::Bool(true));
    let names: Vec<String> = properties
        .iter()
        .filter(|(_, property)| is_write_only(property))
        .map(|(name, _)| name.clone())
        .collect();
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| !names.iter().any(|known| name == known));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(mut schema: Value) -> Value {
        translate(&mut schema);
        schema
    }

    #[test]
    fn what_openapi_3_0_writes_otherwise_means_the_same() {
        assert_eq!(
            translated(json!({"type": "string", "nullable": true})),
            json!({"type": ["string", "null"]})
        );
        let choice = json!({"type": "string", "enum": ["a"], "nullable": true});
        assert_eq!(translated(choice), json!({"type": ["string", "null"], "enum": ["a", null]}));
        let reference = json!({"$ref": "#/x", "nullable": true});
        assert_eq!(translated(reference), json!({"anyOf": [{"$ref": "#/x"}, {"type": "null"}]}));
        let least = json!({"minimum": 3, "exclusiveMinimum": true, "exclusiveMaximum": false});
        assert_eq!(translated(least), json!({"exclusiveMinimum": 3}));
        let secret = json!({"required": ["a", "b"], "properties": {"a": {"writeOnly": true}, "b": {"nullable": false}}});
        assert_eq!(translated(secret)["required"], json!(["b"]));
        let example = json!({"example": {"type": "string", "nullable": true}});
        assert_eq!(translated(example.clone()), example);
        let newer = json!({"type": ["string", "null"], "exclusiveMinimum": 3, "properties": {"nullable": {"type": "boolean"}}});
        assert_eq!(translated(newer.clone()), newer);
    }

    #[test]
    fn references_stay_within_the_document_and_each_schema_is_compiled_once() {
        let root = json!({"a b": {"{x}": {"$ref": "#/s"}}, "s": {"type": "object", "required": ["id"]},
            "far": {"$ref": "https://example.com/x.json"}, "file": {"$ref": "/etc/passwd"}, "bad": {"type": "strin"}});
        let schemas = Schemas::new(&Arc::new(root)).unwrap();
        let schema = schemas.at("/a b/{x}");
        assert!(Arc::ptr_eq(&schema, &schemas.at("/a b/{x}")));
        let valid = |value: &Value| schema.as_ref().as_ref().unwrap().is_valid(value);
        assert!(valid(&json!({"id": 1})) && !valid(&json!({})));
        for pointer in ["/far", "/file", "/bad", "/nowhere"] {
            assert!(schemas.at(pointer).is_err(), "{pointer}");
        }
    }
}
