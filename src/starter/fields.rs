//! Checking the members of a request before it costs a provider call.
//!
//! Only what would be wrong with every provider is refused: a missing member, an empty list, a wrong type. Ranges and
//! unknown members are the provider's business (`max_tokens: -1` means "no limit" to llama.cpp).

use super::api_error::ApiError;
use serde_json::{Map, Value};

/// A type of JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string.
    Text,
    /// `true` or `false`.
    Bool,
    /// A number without a fraction.
    Integer,
    /// Any number.
    Number,
    /// An array.
    List,
    /// An object.
    Object,
}

/// What is known of one member.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: &'static str,
    /// The types it may have.
    pub(crate) kinds: &'static [Kind],
    /// Whether it must be there. An optional one may also be null.
    pub(crate) required: bool,
}

/// A member that must be there.
pub(crate) const fn required(name: &'static str, kinds: &'static [Kind]) -> Field {
    Field { name, kinds, required: true }
}

/// A member that may be there.
pub(crate) const fn optional(name: &'static str, kinds: &'static [Kind]) -> Field {
    Field { name, kinds, required: false }
}

/// Checks `members` against `fields`, in the order of `fields`.
///
/// # Errors
/// The first member that is wrong.
pub(crate) fn check(members: &Map<String, Value>, fields: &[Field]) -> Result<(), ApiError> {
    fields.iter().try_for_each(|field| check_one(members, field))
}

fn check_one(members: &Map<String, Value>, field: &Field) -> Result<(), ApiError> {
    let name = field.name;
    match members.get(name) {
        None if field.required => Err(missing(name)),
        None => Ok(()),
        Some(Value::Null) if !field.required => Ok(()),
        Some(Value::Array(items)) if field.required && items.is_empty() => Err(ApiError::invalid(
            name,
            "empty_array",
            format!("Invalid '{name}': empty array. Expected an array with at least one element."),
        )),
        Some(value) if field.kinds.iter().any(|kind| kind.fits(value)) => Ok(()),
        Some(value) => Err(wrong_type(name, &expected(field.kinds), value)),
    }
}

/// 400 for a member that is not there.
pub(crate) fn missing(name: &str) -> ApiError {
    let message = format!("Missing required parameter: '{name}'.");
    ApiError::invalid(name, "missing_required_parameter", message)
}

/// 400 for a member of another type than `expected` (`a string`).
pub(crate) fn wrong_type(name: &str, expected: &str, value: &Value) -> ApiError {
    let message =
        format!("Invalid type for '{name}': expected {expected}, but got {} instead.", found(value));
    ApiError::invalid(name, "invalid_type", message)
}

fn expected(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| kind.words()).collect::<Vec<_>>().join(" or ")
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

impl Kind {
    /// Whether `value` is of this type.
    pub(crate) fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Bool => value.is_boolean(),
            // 16.0 is an integer to some clients' number types, and to JSON Schema.
            Self::Integer => {
                value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
            }
            Self::Number => value.is_number(),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Bool => "a boolean",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::List => "an array",
            Self::Object => "an object",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn complaint(value: Value) -> Option<(String, &'static str)> {
        let fields = [required("list", &[Kind::Text, Kind::List]), optional("n", &[Kind::Integer])];
        let error = check(value.as_object().unwrap(), &fields).err()?;
        Some((error.message, error.code.unwrap()))
    }

    #[test]
    fn each_mistake_is_named() {
        assert_eq!(complaint(json!({"list": "x"})), None);
        assert_eq!(complaint(json!({"list": ["x"], "n": null})), None);
        assert_eq!(complaint(json!({"list": ["x"], "n": -1})), None);
        let cases = [
            (json!({}), "Missing required parameter: 'list'.", "missing_required_parameter"),
            (
                json!({"list": []}),
                "Invalid 'list': empty array. Expected an array with at least one element.",
                "empty_array",
            ),
            (
                json!({"list": null}),
                "Invalid type for 'list': expected a string or an array, but got null instead.",
                "invalid_type",
            ),
            (
                json!({"list": "x", "n": 1.5}),
                "Invalid type for 'n': expected an integer, but got a number instead.",
                "invalid_type",
            ),
            (
                json!({"list": "x", "n": "1"}),
                "Invalid type for 'n': expected an integer, but got a string instead.",
                "invalid_type",
            ),
        ];
        for (body, message, code) in cases {
            assert_eq!(complaint(body), Some((message.to_owned(), code)));
        }
    }
}
