//! The parameters of a case.

use super::reader::Reader;
use super::{Param, ParamValue, Word};
use crate::source::{Diagnostic, Entry, Kind, Node};

/// The `params:` mapping.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Vec<Param> {
    let Kind::Map(entries) = &node.kind else {
        reader.wrong_kind(node, "params by name (a mapping)");
        return Vec::new();
    };
    entries.iter().filter_map(|entry| param(reader, entry)).collect()
}

fn param(reader: &mut Reader, entry: &Entry) -> Option<Param> {
    let values = match &entry.value.kind {
        Kind::Map(entries) => entries.iter().filter_map(|entry| named(reader, entry)).collect(),
        Kind::List(items) => scalars(reader, items),
        _ => {
            reader.wrong_kind(&entry.value, "values by id (a mapping) or a list of scalars");
            return None;
        }
    };
    let name = reader.key_word(entry)?;
    let name = reader.identifier(name)?;
    if entry.value.entries().is_empty() && matches!(&entry.value.kind, Kind::List(items) if items.is_empty())
        || matches!(&entry.value.kind, Kind::Map(entries) if entries.is_empty())
    {
        reader.complain(Diagnostic::at(name.origin, format!("`{}` has no values", name.text)));
        return None;
    }
    Some(Param { name, values })
}

fn named(reader: &mut Reader, entry: &Entry) -> Option<ParamValue> {
    Some(ParamValue { id: reader.key_word(entry)?, value: entry.value.clone() })
}

/// Values that are their own ids.
fn scalars(reader: &mut Reader, items: &[Node]) -> Vec<ParamValue> {
    let mut values: Vec<ParamValue> = Vec::with_capacity(items.len());
    for item in items {
        if matches!(item.kind, Kind::List(_) | Kind::Map(_)) {
            let what = "a list or mapping needs an id to appear in the case id by";
            reader.complain(item.diagnostic(what).hint("write `params: { name: { some_id: [...] } }`"));
            continue;
        }
        let text = match &item.kind {
            Kind::Null => Some("null".to_owned()),
            _ => reader.text(item),
        };
        let Some(text) = text else { continue };
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            let what = "a value that is empty or holds control characters needs an id";
            reader.complain(item.diagnostic(what).hint("write `params: { name: { empty: \"\" } }`"));
            continue;
        }
        if values.iter().any(|value| value.id.text == text) {
            reader.complain(item.diagnostic(format!("`{text}` is listed twice")));
            continue;
        }
        values.push(ParamValue { id: Word { text, origin: item.origin.clone() }, value: item.clone() });
    }
    values
}
