//! One step: a request, or the use of a fragment.

use super::body;
use super::keys::{self, METHODS};
use super::reader::{Fields, Reader, alternatives};
use super::{Poll, Request, Step};
use crate::source::{Diagnostic, Entry, Kind, Node, nearest};
use std::time::Duration;

/// How long is waited where `within` is not given.
const WITHIN: Duration = Duration::from_secs(30);

/// The `steps:` of a case or fragment, which must have at least one.
pub(super) fn required(reader: &mut Reader, fields: &Fields<'_>, what: &str) -> Vec<Step> {
    match fields.get("steps") {
        Some(node) => {
            if matches!(&node.kind, Kind::List(items) if items.is_empty()) {
                reader.complain(node.diagnostic(format!("{what} needs at least one step")));
            }
            read_all(reader, node)
        }
        None => {
            reader.complain(fields.diagnostic(format!("{what} needs `steps`")));
            Vec::new()
        }
    }
}

/// A list of steps.
pub(super) fn read_all(reader: &mut Reader, node: &Node) -> Vec<Step> {
    let items = reader.list(node, "steps");
    items.iter().filter_map(|item| read(reader, item)).collect()
}

fn read(reader: &mut Reader, node: &Node) -> Option<Step> {
    if node.get("use").is_some() {
        let fields = reader.mapping(node, &keys::USE)?;
        return fragment_use(reader, &fields);
    }
    let fields = reader.mapping(node, &keys::REQUEST)?;
    let verb = verb(reader, &fields);
    let (method, path) = match verb {
        Some((method, entry)) => (method, path(reader, &entry.value)),
        None => ("get", None),
    };
    let request = Request {
        method,
        query: fields.get("query").map(|node| reader.fields(node, "query parameters")).unwrap_or_default(),
        headers: fields.get("headers").map(|node| reader.fields(node, "headers")).unwrap_or_default(),
        body: body::read(reader, &fields),
        expect: map(reader, &fields, "expect"),
        capture: map(reader, &fields, "capture"),
        poll: poll(reader, &fields),
        timeout: fields.get("timeout").and_then(|node| reader.duration(node)),
        path: path?,
    };
    Some(Step::Request(Box::new(request)))
}

fn fragment_use(reader: &mut Reader, fields: &Fields<'_>) -> Option<Step> {
    let with =
        fields.get("with").map(|node| reader.fields(node, "what the fragment takes")).unwrap_or_default();
    let fragment = reader.word(fields.get("use")?)?;
    Some(Step::Use { fragment, with })
}

/// The method and its line. Exactly one is wanted; an unknown key that was meant as one has been complained about.
fn verb<'a>(reader: &mut Reader, fields: &Fields<'a>) -> Option<(&'static str, &'a Entry)> {
    let method = |entry: &Entry| METHODS.into_iter().find(|method| *method == entry.key);
    let mut verbs = fields.entries.iter().filter_map(|entry| Some((method(entry)?, entry)));
    let first = verbs.next();
    if let (Some((name, _)), Some((_, second))) = (first, verbs.next()) {
        let what = format!("a step is one request, and `{name}` is there already");
        reader.complain(Diagnostic::at(second.key_origin.clone(), what).hint("make it a step of its own"));
    }
    let misspelt = |entry: &Entry| !keys::REQUEST.has(&entry.key) && is_meant_as_verb(&entry.key);
    if first.is_none() && !fields.entries.iter().any(misspelt) {
        let what = format!("a step needs one of {}, or `use`", alternatives(&METHODS));
        reader.complain(fields.diagnostic(what));
    }
    first
}

fn is_meant_as_verb(key: &str) -> bool {
    nearest(key, METHODS).is_some() || METHODS.contains(&key.to_lowercase().as_str()) || key == "uses"
}

fn path(reader: &mut Reader, node: &Node) -> Option<Node> {
    let Some(text) = node.as_str() else {
        reader.wrong_kind(node, "a path");
        return None;
    };
    if ["/", "http://", "https://", "{{"].iter().any(|start| text.starts_with(start)) {
        return Some(node.clone());
    }
    let what = format!("expected a path that begins with /, found `{text}`");
    reader.complain(node.diagnostic(what).hint(format!("write /{text}")));
    None
}

fn map(reader: &mut Reader, fields: &Fields<'_>, key: &str) -> Option<Node> {
    let node = fields.get(key)?;
    if matches!(node.kind, Kind::Map(_)) {
        return Some(node.clone());
    }
    reader.wrong_kind(node, "a mapping");
    None
}

fn poll(reader: &mut Reader, fields: &Fields<'_>) -> Option<Poll> {
    let within = fields.get("within").and_then(|node| reader.duration(node));
    let on_timeout = fields.get("on_timeout").and_then(|node| reader.one_of(node, &["fail", "skip"]));
    let abort_if = map(reader, fields, "abort_if");
    if fields.get("until").is_none() {
        for key in ["abort_if", "within", "on_timeout"] {
            if let Some(entry) = fields.entry(key) {
                let what = format!("`{key}` means something only beside `until`");
                reader.complain(Diagnostic::at(entry.key_origin.clone(), what));
            }
        }
        return None;
    }
    let until = map(reader, fields, "until")?;
    let skip_on_timeout = on_timeout == Some("skip");
    Some(Poll { until, abort_if, within: within.unwrap_or(WITHIN), skip_on_timeout })
}
