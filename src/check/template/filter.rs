//! What may be done to a value on its way into a text: `{{ name | lower }}`.

use base64::Engine as _;
use serde_json::Value;

/// A filter.
#[derive(Debug)]
pub(in crate::check) struct Filter {
    /// Its name.
    pub(in crate::check) name: &'static str,
    /// What it gives.
    pub(in crate::check) summary: &'static str,
    /// A template that uses it.
    pub(in crate::check) example: &'static str,
    /// Says, if it cannot be done, what the value is and what it should be.
    pub(super) apply: fn(&Value) -> Result<Value, String>,
}

/// All filters.
pub(in crate::check) static FILTERS: &[Filter] = &[
    Filter {
        name: "lower",
        summary: "the text in lower case",
        example: "{{ name | lower }}",
        apply: |value| Ok(text(value)?.to_lowercase().into()),
    },
    Filter {
        name: "upper",
        summary: "the text in upper case",
        example: "{{ name | upper }}",
        apply: |value| Ok(text(value)?.to_uppercase().into()),
    },
    Filter {
        name: "json",
        summary: "the value as compact JSON text; a string gets its quotes",
        example: "{{ name | json }}",
        apply: |value| Ok(value.to_string().into()),
    },
    Filter {
        name: "length",
        summary: "the number of characters of a string, elements of a list, keys of a mapping",
        example: "{{ name | length }}",
        apply: |value| {
            length(value).map(Value::from).ok_or_else(|| wrong(value, "a string, list or mapping"))
        },
    },
    Filter {
        name: "base64",
        summary: "the text's bytes in base64",
        example: "{{ name | base64 }}",
        apply: |value| Ok(base64::engine::general_purpose::STANDARD.encode(text(value)?).into()),
    },
];

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| wrong(value, "a string"))
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(items) => Some(items.len()),
        Value::Object(members) => Some(members.len()),
        _ => None,
    }
}

fn wrong(value: &Value, needed: &str) -> String {
    format!("takes {needed}, not {}", crate::check::show::kind_of(value))
}
