//! A file that runs somebody else's runner.

use super::document::requires;
use super::keys;
use super::reader::{Fields, Reader};
use super::{Distribute, External, Word};
use crate::source::Node;

/// The most processes one suite may have: more is a typing mistake.
const MOST_PROCESSES: u32 = 1000;

pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<External> {
    let fields = reader.mapping(node, &keys::EXTERNAL_FILE)?;
    let external = fields.entry("external")?;
    let mut result = External {
        about: fields.get("about").and_then(|about| reader.text(about)),
        tags: fields.get("tags").map(|tags| reader.texts(tags, "tags")).unwrap_or_default(),
        requires_apis: fields.get("requires").map(|node| requires(reader, node)).unwrap_or_default(),
        origin: external.key_origin.clone(),
        adapter: None,
        command: Vec::new(),
        list: Vec::new(),
        cwd: None,
        env: Vec::new(),
        distribute: Distribute::default(),
        timeout: None,
        start_timeout: None,
        processes: None,
    };
    if let Some(fields) = reader.mapping(&external.value, &keys::EXTERNAL) {
        result.adapter = adapter(reader, &fields);
        result.command = command(reader, &fields);
        options(reader, &fields, &mut result);
        misplaced(reader, &fields, &result);
    }
    Some(result)
}

fn adapter(reader: &mut Reader, fields: &Fields<'_>) -> Option<Word> {
    let Some(node) = fields.get("adapter") else {
        reader.complain(fields.diagnostic("`external` needs an adapter: pytest, jest or command"));
        return None;
    };
    let name = reader.one_of(node, &External::ADAPTERS)?;
    Some(Word { text: name.to_owned(), origin: node.origin.clone() })
}

fn command(reader: &mut Reader, fields: &Fields<'_>) -> Vec<Node> {
    let Some(node) = fields.get("command") else {
        reader.complain(
            fields.diagnostic("`external` needs a command: a list of the program and its arguments"),
        );
        return Vec::new();
    };
    words(reader, node)
}

/// A program and its arguments.
fn words(reader: &mut Reader, node: &Node) -> Vec<Node> {
    let before = reader.errors.len();
    let items = reader.list(node, "the program and its arguments");
    let words: Vec<Node> = items.iter().filter(|item| reader.text(item).is_some()).cloned().collect();
    if words.is_empty() && reader.errors.len() == before {
        reader.complain(node.diagnostic("a program is needed, and its arguments"));
    }
    words
}

fn options(reader: &mut Reader, fields: &Fields<'_>, result: &mut External) {
    result.list = fields.get("list").map(|node| words(reader, node)).unwrap_or_default();
    result.cwd = fields.get("cwd").filter(|node| reader.text(node).is_some()).cloned();
    result.env = fields.get("env").map(|node| reader.fields(node, "variables")).unwrap_or_default();
    for field in &result.env {
        reader.text(&field.value);
    }
    if let Some(node) = fields.get("distribute")
        && reader.one_of(node, &Distribute::NAMES) == Some("test")
    {
        result.distribute = Distribute::Test;
    }
    result.timeout = fields.get("timeout").and_then(|node| reader.duration(node));
    result.start_timeout = fields.get("start_timeout").and_then(|node| reader.duration(node));
    result.processes = fields.get("processes").and_then(|node| reader.count(node, 1, MOST_PROCESSES));
}

/// Complains about keys that mean nothing to the adapter.
fn misplaced(reader: &mut Reader, fields: &Fields<'_>, external: &External) {
    let Some(adapter) = external.adapter.as_ref().map(|word| word.text.as_str()) else { return };
    let of_others: &[(&str, &str)] = match adapter {
        "command" => &[
            ("distribute", "each of its tests is a process"),
            ("start_timeout", "its processes run one test each, and `timeout` is for that"),
        ],
        _ => &[("list", "it lists its tests itself")],
    };
    for (key, why) in of_others {
        if let Some(entry) = fields.entry(key) {
            let what = format!("the adapter `{adapter}` has no use for `{key}`: {why}");
            reader.complain(crate::source::Diagnostic::at(entry.key_origin.clone(), what));
        }
    }
    if let ("jest", Distribute::Test, Some(node)) = (adapter, external.distribute, fields.get("distribute")) {
        reader.complain(node.diagnostic("jest goes through whole files: only `distribute: file` is there"));
    }
}
