//! Secrets that a model spells out in several events: `sk-ma` in one, `de-up` in the next.

use super::masks::mask;
use crate::text::SecretFinder;
use crate::wire::dialect::Framing;
use crate::wire::json_text::{Step, edit_scalars, is_json};
use crate::wire::message::Edit;
use std::collections::BTreeMap;
use std::ops::Range;

/// What one place of all events says, one after another.
#[derive(Default)]
struct Said {
    text: String,
    /// Which part of it each token says, and where the token is in the body.
    parts: Vec<(Range<usize>, Range<usize>)>,
}

/// Where the strings of the events of `body` together hold a secret that no single one of them has whole, and what is put there:
/// the mask in the first of them, and nothing of it in the others.
pub(super) fn edits(finder: &SecretFinder, content_type: &str, body: &[u8]) -> Vec<Edit> {
    let Ok(text) = std::str::from_utf8(body) else { return Vec::new() };
    let mut edits: Vec<Edit> = Vec::new();
    for said in by_place(text, Framing::of(content_type)).into_values() {
        let mut found = finder.find(said.text.as_bytes());
        // What one string has whole is found there in the spelling of the body, which this would change.
        found.retain(|found| {
            said.parts.iter().filter(|(part, _)| overlap(&found.range, part)).nth(1).is_some()
        });
        if found.is_empty() {
            continue;
        }
        for (part, token) in &said.parts {
            let mut new = String::new();
            let mut done = part.start;
            for secret in found.iter().filter(|found| overlap(&found.range, part)) {
                new.push_str(said.text.get(done..secret.range.start).unwrap_or_default());
                if part.contains(&secret.range.start) {
                    new.push_str(&mask(secret.name));
                }
                done = secret.range.end;
            }
            if done > part.start {
                new.push_str(said.text.get(done..part.end).unwrap_or_default());
                edits.push((token.clone(), serde_json::Value::from(new).to_string()));
            }
        }
    }
    edits.sort_by_key(|(range, _)| range.start);
    edits
}

/// The names of secrets that the strings together hold, or hold what a mask left of.
pub(super) fn names(finder: &SecretFinder, content_type: &str, body: &[u8]) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(body) else { return Vec::new() };
    let all = by_place(text, Framing::of(content_type));
    let names = all.values().flat_map(|said| {
        let bytes = said.text.as_bytes();
        finder.find(bytes).into_iter().map(|found| found.name).chain(finder.remains(bytes))
    });
    names.map(str::to_owned).collect()
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// The strings of all events, by where in their event they are.
fn by_place(text: &str, framing: Option<Framing>) -> BTreeMap<String, Said> {
    let mut all: BTreeMap<String, Said> = BTreeMap::new();
    let mut offset = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let json = match framing {
            Some(Framing::Sse) => line.strip_prefix("data:"),
            Some(Framing::Ndjson) => Some(line),
            _ => return all,
        };
        if let Some(json) = json.filter(|json| is_json(json)) {
            let json_offset = offset + line.len() - json.len();
            // Nothing is edited yet: this only goes through the strings.
            edit_scalars(json, json_offset, |path, token| {
                let value: String = serde_json::from_str(token).ok()?;
                let said = all.entry(place(path)).or_default();
                let start = said.text.len();
                said.text.push_str(&value);
                let at = json_offset + (token.as_ptr() as usize - json.as_ptr() as usize);
                said.parts.push((start..said.text.len(), at..at + token.len()));
                None
            });
        }
        offset += line.len();
    }
    all
}

fn place(path: &[Step<'_>]) -> String {
    let step = |step: &Step<'_>| match step {
        Step::Key(key) => format!("/{key}"),
        Step::Index(index) => format!("/{index}"),
    };
    path.iter().map(step).collect()
}
