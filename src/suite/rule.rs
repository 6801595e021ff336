//! The `match:` list of a suite or a project.

use super::document::Parsed;
use super::keys;
use super::reader::{Fields, Reader};
use crate::model::{Insignificant, MatchRule};
use crate::source::{Node, Origin};

/// A rule and where it is written. Whether its pointer or expression is one is found out where it is compiled.
#[derive(Debug, Clone)]
pub struct DeclaredRule {
    /// The rule.
    pub rule: MatchRule,
    /// Where what it ignores or masks is written.
    pub origin: Origin,
    /// Where its provider is written, if it has one.
    pub provider: Option<Origin>,
}

/// Reads a `match:` list.
pub fn parse_rules(node: &Node) -> Parsed<Vec<DeclaredRule>> {
    let mut reader = Reader::default();
    let rules = read_all(&mut reader, node);
    Parsed { value: rules, errors: reader.errors }
}

pub(super) fn read_all(reader: &mut Reader, node: &Node) -> Vec<DeclaredRule> {
    let items = reader.list(node, "rules");
    items.iter().filter_map(|item| read(reader, item)).collect()
}

fn read(reader: &mut Reader, node: &Node) -> Option<DeclaredRule> {
    let fields = reader.mapping(node, &keys::RULE)?;
    let (what, origin) = match (fields.get("ignore"), fields.get("mask")) {
        (Some(place), None) => {
            if let Some(name) = fields.entry("name") {
                let what = "`name` belongs to `mask`: nothing is read in place of what is ignored";
                reader.complain(crate::source::Diagnostic::at(name.key_origin.clone(), what));
            }
            let value = fields.get("value").map(Node::to_json);
            (Insignificant::Place { place: reader.word(place)?.text, value }, place.origin.clone())
        }
        (None, Some(pattern)) => {
            if let Some(value) = fields.entry("value") {
                let what = "`value` belongs to `ignore`: a mask is read in place of all that it finds";
                reader.complain(crate::source::Diagnostic::at(value.key_origin.clone(), what));
            }
            mask(reader, fields, pattern)?
        }
        (Some(_), Some(_)) => {
            reader.complain(fields.diagnostic("a rule ignores or masks; write two of them for both"));
            return None;
        }
        (None, None) => {
            reader.complain(fields.diagnostic("a rule needs `ignore` or `mask`"));
            return None;
        }
    };
    let provider = match fields.get("provider") {
        Some(node) => Some(reader.word(node)?),
        None => None,
    };
    let (provider, place) = provider.map_or((None, None), |word| (Some(word.text), Some(word.origin)));
    Some(DeclaredRule { rule: MatchRule { what, provider }, origin, provider: place })
}

fn mask(reader: &mut Reader, fields: Fields<'_>, pattern: &Node) -> Option<(Insignificant, Origin)> {
    let text = reader.word(pattern)?.text;
    let Some(name) = fields.get("name") else {
        let what = "`mask` needs a `name`, which is read in place of what it finds";
        reader.complain(pattern.diagnostic(what).hint("`name: date`, say"));
        return None;
    };
    let name = reader.word(name)?.text;
    Some((Insignificant::Text { pattern: text, name }, pattern.origin.clone()))
}
