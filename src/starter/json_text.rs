//! JSON changed as text.
//!
//! The `model` of a request and of an answer is replaced where it stands, and everything around it stays as it was
//! written: key order, white space, the digits of numbers. A value that went through a parser and a printer would not
//! promise that, and the recordings behind the gateway would notice.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::ops::Range;

#[derive(Deserialize)]
struct Top<'a> {
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
}

/// Where the value of the top-level `model` stands in `text`; `None` where there is none.
///
/// # Errors
/// Text that is no JSON object, or has two members of that name (which of them counts would depend on the reader).
pub(crate) fn model_span(text: &str) -> Result<Option<Range<usize>>, serde_json::Error> {
    let top: Top<'_> = serde_json::from_str(text)?;
    Ok(top.model.map(|raw| {
        let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
        start..start + raw.get().len()
    }))
}

/// `text` with the string at `span` replaced by `model`.
pub(crate) fn with_model(text: &str, span: Range<usize>, model: &str) -> String {
    let quoted = serde_json::Value::from(model).to_string();
    [&text[..span.start], &quoted, &text[span.end..]].concat()
}

/// `text` with its top-level `model`, if that is a string other than `model`, replaced; `None` where nothing changes.
pub(crate) fn renamed(text: &str, model: &str) -> Option<String> {
    let span = model_span(text).ok()??;
    let old: String = serde_json::from_str(&text[span.clone()]).ok()?;
    (old != model).then(|| with_model(text, span, model))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_top_level_model_changes() {
        let text = r#"{ "n":1.0e+2, "inner": {"model":"x"}, "model" : "a\u002fb", "z":[1 ,2]}"#;
        let expected = r#"{ "n":1.0e+2, "inner": {"model":"x"}, "model" : "p/\"q\"", "z":[1 ,2]}"#;
        assert_eq!(renamed(text, "p/\"q\"").as_deref(), Some(expected));
    }

    #[test]
    fn what_has_no_model_to_rename_is_left_alone() {
        for text in
            ["[DONE]", "{}", r#"{"model":null}"#, r#"{"model":{"a":1}}"#, r#"{"model":"m"}"#, "[]", "{"]
        {
            assert_eq!(renamed(text, "m"), None, "{text}");
        }
    }

    #[test]
    fn two_models_are_an_error() {
        assert!(model_span(r#"{"model":"a","model":"b"}"#).is_err());
    }
}
