//! What compiling expectations and captures has in common.

use super::Resources;
use super::path::JsonPath;
use crate::source::{Diagnostic, Entry, Origin, Span};
use std::sync::Arc;

/// Everything that is wrong with what is being compiled.
pub(super) type Mistakes = Vec<Diagnostic>;

/// What compiling may look at besides the suite's text.
pub(super) struct Compiler<'a> {
    pub(super) resources: &'a dyn Resources,
}

/// The values, or every mistake in any of them.
pub(super) fn all<T>(results: impl Iterator<Item = Result<T, Mistakes>>) -> Result<Vec<T>, Mistakes> {
    let mut values = Vec::new();
    let mut mistakes = Vec::new();
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(more) => mistakes.extend(more),
        }
    }
    if mistakes.is_empty() { Ok(values) } else { Err(mistakes) }
}

/// From the key of a line to the end of its value; the key alone where an alias (`*name`) has its value elsewhere.
pub(super) fn key_to_value(entry: &Entry) -> Origin {
    let (key, value) = (&entry.key_origin, &entry.value.origin);
    if key.file != value.file || value.span.start < key.span.end {
        return key.clone();
    }
    Origin { file: Arc::clone(&key.file), span: Span { start: key.span.start, end: value.span.end } }
}

/// The path that `text` is; a mistake is shown at its character where the text stands in the file as it is.
pub(super) fn parse_path(text: &str, origin: &Origin) -> Result<JsonPath, Diagnostic> {
    if text.contains("{{") {
        return Err(Diagnostic::at(origin.clone(), "a template cannot stand in a path")
            .hint("compare with `any`: `$.data: { any: { $.id: \"{{ id }}\" } }`"));
    }
    JsonPath::parse(text).map_err(|error| {
        let mut origin = origin.clone();
        if let Some(at) = origin.snippet().find(text) {
            let start = origin.span.start + at;
            origin.span = Span { start: start + error.at, end: (start + text.len()).max(start + error.at) };
        }
        let diagnostic = Diagnostic::at(origin, format!("`{text}` is no JSONPath: {}", error.what));
        if text.contains('-') && !text.contains("['") {
            return diagnostic
                .hint("a name with other characters than letters, digits and `_` is written ['its-name']");
        }
        diagnostic.hint("paths are JSONPath (RFC 9535): $.choices[0].message.content, $.data[*].id")
    })
}

/// The value must be a string constant.
pub(super) fn constant_text<'a>(entry: &'a Entry, what: &str) -> Result<&'a str, Mistakes> {
    entry.value.as_str().ok_or_else(|| {
        vec![entry.value.diagnostic(format!("`{}` takes {what}, not {}", entry.key, entry.value.kind_name()))]
    })
}

/// The value must be `true` or `false`.
pub(super) fn boolean(entry: &Entry) -> Result<bool, Mistakes> {
    match entry.value.kind {
        crate::source::Kind::Bool(value) => Ok(value),
        _ => Err(vec![entry.value.diagnostic(format!(
            "`{}` takes true or false, not {}",
            entry.key,
            entry.value.kind_name()
        ))]),
    }
}
