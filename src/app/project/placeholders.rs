//! Names in double braces in the settings, which something of the run takes the place of.

use crate::source::{Diagnostic, Kind, Node};
use crate::stack::CommandStack;

/// Complains about names in double braces in `node` that are not among the `known`.
pub(in crate::app) fn check(node: &Node, known: &[&str], errors: &mut Vec<Diagnostic>) {
    match &node.kind {
        Kind::String(text) => {
            for name in CommandStack::names(text).filter(|name| !known.contains(name)) {
                let error = node.diagnostic(format!("there is no `{name}` to fill in"));
                errors.push(error.hint(there_is(known)));
            }
        }
        Kind::List(items) => items.iter().for_each(|item| check(item, known, errors)),
        Kind::Map(entries) => entries.iter().for_each(|entry| check(&entry.value, known, errors)),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
    }
}

/// Complains about names in single braces, which nothing takes the place of, in the words of a list.
pub(in crate::app) fn check_single(node: &Node, known: &[&str], errors: &mut Vec<Diagnostic>) {
    let Kind::List(items) = &node.kind else { return };
    for item in items {
        let Kind::String(text) = &item.kind else { continue };
        let is_single = |name: &&&str| {
            text.contains(&format!("{{{name}}}")) && !text.contains(&format!("{{{{{name}}}}}"))
        };
        if let Some(name) = known.iter().find(is_single) {
            errors.push(
                item.diagnostic(format!("`{{{name}}}` is not filled in"))
                    .hint(format!("write `{{{{ {name} }}}}`, with two braces")),
            );
        }
    }
}

fn there_is(known: &[&str]) -> String {
    let names: Vec<String> = known.iter().map(|name| format!("`{{{{ {name} }}}}`")).collect();
    format!("there {} {}", if names.len() == 1 { "is" } else { "are" }, names.join(" and "))
}
