//! A file that runs somebody else's runner.

use super::document::requires;
use super::keys;
use super::reader::{Fields, Reader};
use super::{External, Word};
use crate::source::Node;

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
    };
    if let Some(fields) = reader.mapping(&external.value, &keys::EXTERNAL) {
        result.adapter = adapter(reader, &fields);
        result.command = command(reader, &fields);
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
    let items = reader.list(node, "the program and its arguments");
    items.iter().filter(|item| reader.text(item).is_some()).cloned().collect()
}
