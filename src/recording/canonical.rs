//! One spelling for all spellings of the same value.

use super::Rules;
use super::ids::{ids, kind};
use serde_json::Value;
use std::io::Write as _;

/// JSON with sorted keys, no white space, one spelling for each string and number, and only the kinds of ids, which are
/// added to `found`; `None` if `body` is no JSON, or holds a number that a double cannot tell from its neighbours (such a
/// body counts by its bytes).
pub(super) fn canonical_json(
    body: &[u8],
    (rules, provider): (&Rules, &str),
    found: &mut Vec<String>,
) -> Option<Vec<u8>> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if !matches!(first, b'{' | b'[') {
        return None;
    }
    let mut value: Value = serde_json::from_slice(body).ok()?;
    if !rules.is_silent_on(provider) {
        rules.body(provider, &mut value);
    }
    let mut out = Vec::with_capacity(body.len());
    let begin = found.len();
    if put(&value, &mut out, found) {
        return Some(out);
    }
    found.truncate(begin);
    None
}

/// `text` with ids that are only their kind, if it has any; they are added to `found`.
pub(super) fn skeleton(text: &[u8], found: &mut Vec<String>) -> Option<Vec<u8>> {
    let mut ids = ids(text).peekable();
    ids.peek()?;
    let (mut out, mut done) = (Vec::with_capacity(text.len()), 0);
    for range in ids {
        // An id is ASCII.
        let id = String::from_utf8_lossy(&text[range.clone()]).into_owned();
        out.extend_from_slice(&text[done..range.start]);
        out.extend_from_slice(kind(&id).as_bytes());
        out.push(0);
        done = range.end;
        found.push(id);
    }
    out.extend_from_slice(&text[done..]);
    Some(out)
}

fn put(value: &Value, out: &mut Vec<u8>, found: &mut Vec<String>) -> bool {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by(|one, other| one.0.cmp(other.0));
            out.push(b'{');
            for (key, value) in members {
                put_text(key.as_bytes(), out);
                if !put(value, out, found) {
                    return false;
                }
            }
            out.push(b'}');
            true
        }
        Value::Array(elements) => {
            out.push(b'[');
            let all = elements.iter().all(|element| put(element, out, found));
            out.push(b']');
            all
        }
        Value::String(text) => {
            match skeleton(text.as_bytes(), found) {
                Some(skeleton) => put_text(&skeleton, out),
                None => put_text(text.as_bytes(), out),
            }
            true
        }
        Value::Number(number) => put_number(number, out),
        Value::Bool(true) => out.write_tag(b't'),
        Value::Bool(false) => out.write_tag(b'f'),
        Value::Null => out.write_tag(b'n'),
    }
}

/// Length first, so that no two sequences of values look alike and no escape is needed.
fn put_text(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(&(text.len() as u64).to_le_bytes());
    out.extend_from_slice(text);
}

/// Whole numbers are whole however they are spelled; above 2^53 a double no longer tells them apart.
fn put_number(number: &serde_json::Number, out: &mut Vec<u8>) -> bool {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(float) = number.as_f64().filter(|_| number.is_f64()) {
        if float.fract() == 0.0 && float.abs() < EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and below 2^53")]
            put_displayed(float as i64, out);
        } else if float.abs() >= EXACT {
            return false;
        } else {
            put_displayed(format_args!("{float:e}"), out);
        }
    } else {
        put_displayed(number, out);
    }
    true
}

fn put_displayed(value: impl std::fmt::Display, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "#{value}");
}

trait WriteTag {
    fn write_tag(&mut self, tag: u8) -> bool;
}

impl WriteTag for Vec<u8> {
    fn write_tag(&mut self, tag: u8) -> bool {
        self.push(tag);
        true
    }
}
