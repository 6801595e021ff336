//! Places in a document, and following `$ref`s within it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

/// No honest document refers further; one that refers to itself would be followed for ever.
const MOST_STEPS: usize = 16;

/// What stands as it is in the fragment of a URI.
const FRAGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'~').remove(b'-').remove(b'_').remove(b'.');

/// `pointer` and the member `key` below it.
pub(super) fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A pointer as the fragment of a URI.
pub(super) fn fragment(pointer: &str) -> String {
    utf8_percent_encode(pointer, FRAGMENT).to_string()
}

/// Where the value at `pointer` really is: what `$ref`s lead to, as long as they stay within the document.
pub(super) fn followed(root: &Value, pointer: String) -> Option<String> {
    let mut pointer = pointer;
    for _ in 0..MOST_STEPS {
        let Some(reference) = root.pointer(&pointer)?.get("$ref").and_then(Value::as_str) else {
            return Some(pointer);
        };
        pointer = percent_decode_str(reference.strip_prefix('#')?).decode_utf8().ok()?.into_owned();
    }
    None
}
