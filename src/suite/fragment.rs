//! Steps with a name.

use super::Fragment;
use super::keys;
use super::reader::Reader;
use super::step;
use crate::source::{Entry, Kind, Node};

/// The fragments of a `fragments:` mapping.
pub(super) fn read_all(reader: &mut Reader, node: &Node) -> Vec<Fragment> {
    let Kind::Map(entries) = &node.kind else {
        reader.wrong_kind(node, "fragments by name (a mapping)");
        return Vec::new();
    };
    entries.iter().filter_map(|entry| read(reader, entry)).collect()
}

fn read(reader: &mut Reader, entry: &Entry) -> Option<Fragment> {
    let name = reader.key_word(entry);
    let fields = reader.mapping(&entry.value, &keys::FRAGMENT)?;
    let takes = fields.get("takes").map(|node| reader.words(node, "names")).unwrap_or_default();
    let takes = takes.into_iter().filter_map(|word| reader.identifier(word)).collect();
    let steps = step::required(reader, &fields, "a fragment");
    let finally = fields.get("finally").map(|node| step::read_all(reader, node)).unwrap_or_default();
    Some(Fragment { name: name?, takes, steps, finally })
}
