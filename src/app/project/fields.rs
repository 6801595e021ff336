//! How the values of `stack-test.yaml` are read: each of a kind, and what is none is noted.

use crate::source::{Diagnostic, Entry, Kind, Node, Origin, nearest};

/// The lines of a mapping whose keys must be among `known`; what is wrong is noted in `errors`.
pub(in crate::app) fn fields<'a>(
    node: &'a Node,
    what: &str,
    known: &'static [&'static str],
    errors: &mut Vec<Diagnostic>,
) -> impl Iterator<Item = &'a Entry> + use<'a> {
    let entries = any_fields(node, errors);
    for entry in entries.clone().filter(|entry| !known.contains(&entry.key.as_str())) {
        let error = Diagnostic::at(entry.key_origin.clone(), format!("{what} has no key `{}`", entry.key));
        errors.push(match nearest(&entry.key, known.iter().copied()) {
            Some(name) => error.hint(format!("did you mean `{name}`?")),
            None => error.hint(format!("it has {}", known.join(", "))),
        });
    }
    entries.filter(move |entry| known.contains(&entry.key.as_str()))
}

/// The lines of a mapping; what is none is noted in `errors`.
pub(in crate::app) fn any_fields<'a>(
    node: &'a Node,
    errors: &mut Vec<Diagnostic>,
) -> std::slice::Iter<'a, Entry> {
    if !matches!(node.kind, Kind::Map(_) | Kind::Null) {
        errors.push(node.diagnostic(format!("a mapping is wanted here, not {}", node.kind_name())));
    }
    node.entries().iter()
}

pub(in crate::app) fn pairs<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    errors: &mut Vec<Diagnostic>,
) -> Vec<(String, String)> {
    entries.filter_map(|entry| Some((entry.key.clone(), text(&entry.value, errors)?))).collect()
}

/// The texts of a list.
pub(in crate::app) fn strings(node: &Node, errors: &mut Vec<Diagnostic>) -> Vec<String> {
    match &node.kind {
        Kind::List(items) => items.iter().filter_map(|item| text(item, errors)).collect(),
        _ => {
            errors.push(node.diagnostic(format!("a list is wanted here, not {}", node.kind_name())));
            Vec::new()
        }
    }
}

/// The name of an environment variable.
pub(in crate::app) fn variable(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<String> {
    let name = text(node, errors)?;
    check_variable(&name, &node.origin, errors).then_some(name)
}

/// Variables and their values.
pub(in crate::app) fn environment(node: &Node, errors: &mut Vec<Diagnostic>) -> Vec<(String, String)> {
    let entries = any_fields(node, errors);
    for entry in entries.clone() {
        check_variable(&entry.key, &entry.key_origin, errors);
    }
    pairs(entries, errors)
}

fn check_variable(name: &str, origin: &Origin, errors: &mut Vec<Diagnostic>) -> bool {
    let fits = |(n, byte): (usize, u8)| {
        byte == b'_' || byte.is_ascii_alphabetic() || (n > 0 && byte.is_ascii_digit())
    };
    let is_one = !name.is_empty() && name.bytes().enumerate().all(fits);
    if !is_one {
        let error = Diagnostic::at(origin.clone(), format!("`{name}` is no name of an environment variable"));
        errors.push(error.hint("it has letters, digits and `_`, and begins with no digit: `MY_LLM_URL`"));
    }
    is_one
}

/// The path of a route.
pub(in crate::app) fn route(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<String> {
    let text = text(node, errors)?;
    if !text.starts_with('/') {
        errors.push(node.diagnostic("a path is wanted here, such as `/health`"));
        return None;
    }
    Some(text)
}

/// The text of a scalar.
pub(in crate::app) fn text(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<String> {
    match &node.kind {
        Kind::String(text) => Some(text.clone()),
        Kind::Number(number) => Some(number.to_string()),
        Kind::Bool(value) => Some(value.to_string()),
        _ => {
            errors.push(node.diagnostic(format!("a single value is wanted here, not {}", node.kind_name())));
            None
        }
    }
}

/// `true` or `false`.
pub(in crate::app) fn flag(node: &Node, errors: &mut Vec<Diagnostic>) -> bool {
    if !matches!(node.kind, Kind::Bool(_)) {
        errors.push(node.diagnostic(format!("`true` or `false` is wanted here, not {}", node.kind_name())));
    }
    node.kind == Kind::Bool(true)
}
