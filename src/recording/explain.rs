//! Why no recording answers a call, and what mends it.

use super::{Key, NO_SETUP, Owner, Set};
use crate::wire::message::Request;
use serde_json::Value;

/// How many differences are shown; the first ones tell the story.
const SHOWN: usize = 4;
/// How many characters of a value are shown.
const VALUE: usize = 60;
/// How many characters of a message are shown.
const MESSAGE: usize = 120;

/// What a call was about: its model and last message, or the beginning of its body.
pub fn describe(request: &Request) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
        return shortened(
            &String::from_utf8_lossy(&request.body[..request.body.len().min(4 * MESSAGE)]),
            MESSAGE,
        );
    };
    let model = body.get("model").and_then(Value::as_str);
    let last = body.get("messages").and_then(Value::as_array).and_then(|all| all.last());
    let said = last
        .and_then(|message| message.get("content"))
        .or_else(|| body.get("prompt"))
        .or_else(|| body.get("input"))
        .map(|said| said.as_str().map_or_else(|| said.to_string(), str::to_owned));
    match (model, said) {
        (Some(model), Some(said)) => format!("{model}: {}", shortened(&said, MESSAGE)),
        (Some(model), None) => model.to_owned(),
        (None, Some(said)) => shortened(&said, MESSAGE),
        (None, None) => shortened(&body.to_string(), MESSAGE),
    }
}

fn shortened(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most).chain(['…']).collect()
}

/// Why `set`, what is recorded of `owner` with `setup`, has no answer left for `request`, and the command that records one.
pub fn explain(request: &Request, owner: &Owner, set: Option<&Set>, setup: &str) -> String {
    let (with, flag) = match setup {
        NO_SETUP => ("without a setup".to_owned(), String::new()),
        setup => (format!("with the setup `{setup}`"), format!(" --setup {setup}")),
    };
    let why = match set {
        None => match owner {
            Owner::Case(_) => format!("there is no recording of this case {with}"),
            Owner::Session => {
                format!(
                    "the call belongs to no case, and there is no recording of calls outside cases {with}"
                )
            }
        },
        Some(set) => compare(request, set),
    };
    match owner {
        // As an argument of its own the id needs no quoting but the shell's.
        Owner::Case(case) => {
            let id = case.to_string().replace('\'', r"'\''");
            format!("{why}; to record it: stack-test record{flag} '{id}'")
        }
        Owner::Session => format!("{why}; to record it: stack-test record{flag}"),
    }
}

fn compare(request: &Request, set: &Set) -> String {
    let key = Key::of(request);
    let equal = set.exchanges.iter().filter(|exchange| Key::of(&exchange.request) == key).count();
    if equal > 0 {
        let times = if equal == 1 { "once".to_owned() } else { format!("{equal} times") };
        return format!("one call too many: it is recorded {times}, and every answer was given already");
    }
    let asked = serde_json::from_slice::<Value>(&request.body).unwrap_or(Value::Null);
    let same_place = |other: &&Request| {
        (&other.provider, &other.method, &other.path) == (&request.provider, &request.method, &request.path)
    };
    let nearest = set.exchanges.iter().map(|exchange| &exchange.request).filter(same_place).map(|other| {
        let recorded = serde_json::from_slice::<Value>(&other.body).unwrap_or(Value::Null);
        let mut found = Vec::new();
        if other.query != request.query {
            found.push(format!("query: recorded `{}`, now `{}`", other.query, request.query));
        }
        differences("", &recorded, &asked, &mut found);
        found
    });
    match nearest.min_by_key(Vec::len) {
        None => "nothing recorded for this case asks this provider for this path".to_owned(),
        Some(found) if found.is_empty() => "the body differs from the recorded ones".to_owned(),
        Some(found) => {
            let more = found.len().saturating_sub(SHOWN);
            let rest = if more > 0 { format!("; {more} more") } else { String::new() };
            let shown = found.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
            format!("the nearest recorded call differs: {shown}{rest}")
        }
    }
}

fn differences(pointer: &str, recorded: &Value, asked: &Value, found: &mut Vec<String>) {
    match (recorded, asked) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in one {
                let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                match other.get(key) {
                    Some(now) => differences(&pointer, value, now, found),
                    None => found.push(format!("{pointer} is gone (was {})", shown(value))),
                }
            }
            for (key, value) in other.iter().filter(|(key, _)| !one.contains_key(*key)) {
                let key = key.replace('~', "~0").replace('/', "~1");
                found.push(format!("{pointer}/{key} is new ({})", shown(value)));
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for (index, pair) in one.iter().zip(other).enumerate() {
                differences(&format!("{pointer}/{index}"), pair.0, pair.1, found);
            }
            if one.len() != other.len() {
                found.push(format!("{pointer} has {} elements (had {})", other.len(), one.len()));
            }
        }
        (one, other) if one == other || (one.is_number() && one.as_f64() == other.as_f64()) => {}
        (one, other) => found.push(format!("{pointer} is {} (was {})", shown(other), shown(one))),
    }
}

fn shown(value: &Value) -> String {
    shortened(&value.to_string(), VALUE)
}
