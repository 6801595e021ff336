//! What a request sends.

use super::keys;
use super::reader::{Fields, Reader, alternatives};
use super::{BodySpec, PartSpec, PartValue, Word};
use crate::source::{Diagnostic, Kind, Node};

const BODIES: [&str; 3] = ["json", "text", "multipart"];
const CONTENTS: [&str; 4] = ["jsonl", "json", "text", "path"];

/// The body of a step: at most one of `json`, `text` and `multipart`.
pub(super) fn read(reader: &mut Reader, fields: &Fields<'_>) -> BodySpec {
    let mut given = fields.entries.iter().filter(|entry| BODIES.contains(&entry.key.as_str()));
    let Some(entry) = given.next() else { return BodySpec::None };
    if let Some(second) = given.next() {
        let what = format!("a step sends one body, and `{}` is there already", entry.key);
        let hint = format!("keep one of {}", alternatives(&BODIES));
        reader.complain(Diagnostic::at(second.key_origin.clone(), what).hint(hint));
    }
    match entry.key.as_str() {
        "json" => BodySpec::Json(entry.value.clone()),
        "text" => match reader.text(&entry.value) {
            Some(_) => BodySpec::Text(entry.value.clone()),
            None => BodySpec::None,
        },
        _ => BodySpec::Multipart(multipart(reader, &entry.value)),
    }
}

fn multipart(reader: &mut Reader, node: &Node) -> Vec<PartSpec> {
    let mut parts = Vec::new();
    for field in reader.fields(node, "form fields") {
        match &field.value.kind {
            Kind::List(items) => {
                parts.extend(items.iter().filter_map(|item| part(reader, field.name.clone(), item)));
            }
            _ => parts.extend(part(reader, field.name, &field.value)),
        }
    }
    parts
}

fn part(reader: &mut Reader, field: Word, node: &Node) -> Option<PartSpec> {
    if !matches!(node.kind, Kind::Map(_)) {
        reader.text(node)?;
        let value = PartValue::Value(node.clone());
        return Some(PartSpec { field, file_name: None, content_type: None, value });
    }
    let fields = reader.mapping(node, &keys::PART)?;
    let file_name = fields.get("name").filter(|name| reader.text(name).is_some()).cloned();
    let content_type = fields.get("content_type").and_then(|node| reader.text(node));
    let value = content(reader, &fields)?;
    Some(PartSpec { field, file_name, content_type, value })
}

fn content(reader: &mut Reader, fields: &Fields<'_>) -> Option<PartValue> {
    let mut given = fields.entries.iter().filter(|entry| CONTENTS.contains(&entry.key.as_str()));
    let Some(entry) = given.next() else {
        let what = format!("a part of a form needs its content: {}", alternatives(&CONTENTS));
        reader.complain(fields.diagnostic(what));
        return None;
    };
    if let Some(second) = given.next() {
        let what = format!("a part of a form has one content, and `{}` is there already", entry.key);
        reader.complain(Diagnostic::at(second.key_origin.clone(), what));
    }
    let node = &entry.value;
    match entry.key.as_str() {
        "jsonl" if matches!(node.kind, Kind::List(_)) || is_template(node) => {
            Some(PartValue::Lines(node.clone()))
        }
        "jsonl" => {
            reader.wrong_kind(node, "a list, or a template that gives one");
            None
        }
        "json" if matches!(node.kind, Kind::List(_) | Kind::Map(_)) || is_template(node) => {
            Some(PartValue::Value(node.clone()))
        }
        "json" => {
            reader.wrong_kind(node, "a mapping or a list, or a template that gives one");
            None
        }
        "text" => reader.text(node).map(|_| PartValue::Value(node.clone())),
        _ => reader.word(node).map(PartValue::File),
    }
}

fn is_template(node: &Node) -> bool {
    node.as_str().is_some_and(|text| text.trim_start().starts_with("{{"))
}
