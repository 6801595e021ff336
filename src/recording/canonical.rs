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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9_f64).prop_map(Value::from),
            (-1000..1000_i32).prop_map(|whole| Value::from(f64::from(whole))),
            ".{0,6}".prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((".{0,3}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The same value, spelled as differently as it can be.
    fn respelt(value: &Value) -> String {
        let text = |text: &str| {
            let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
            format!("\"{escaped}\"")
        };
        match value {
            Value::Object(members) => {
                let members = members.iter().rev();
                let members: Vec<String> =
                    members.map(|(key, value)| format!("{} :\t{}", text(key), respelt(value))).collect();
                format!("{{ {}\n}}", members.join(" , "))
            }
            Value::Array(elements) => {
                let elements: Vec<String> = elements.iter().map(respelt).collect();
                format!("[\r\n{} ]", elements.join(",\n"))
            }
            Value::String(string) => text(string),
            Value::Number(number)
                if number.is_i64() && number.as_i64().is_some_and(|n| n.abs() < 1 << 50) =>
            {
                format!("{number}.0e0")
            }
            other => other.to_string(),
        }
    }

    proptest! {
        #[test]
        fn the_spelling_of_a_value_does_not_matter(value in any_json()) {
            let whole = Value::Array(vec![value]);
            let rules = Rules::default();
            let canonical = |text: String| canonical_json(text.as_bytes(), (&rules, "llm"), &mut Vec::new());
            let once = canonical(whole.to_string());
            prop_assert!(once.is_some());
            prop_assert_eq!(canonical(respelt(&whole)), once);
        }
    }
}
