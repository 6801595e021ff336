//! A named selection of suites.

use super::keys;
use super::reader::Reader;
use super::{Bundle, Word};
use crate::source::{Diagnostic, Node};

pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Bundle> {
    let fields = reader.mapping(node, &keys::BUNDLE)?;
    let bundle = Bundle {
        about: fields.get("about").and_then(|about| reader.text(about)),
        include: fields.get("include").map(|node| paths(reader, node)).unwrap_or_default(),
        exclude: fields.get("exclude").map(|node| paths(reader, node)).unwrap_or_default(),
        setup: fields.get("setup").and_then(|setup| reader.word(setup)),
    };
    if let Some(include) = fields.get("include")
        && bundle.include.is_empty()
        && reader.errors.is_empty()
    {
        reader.complain(include.diagnostic("a named suite needs something to include"));
    }
    Some(bundle)
}

/// Paths below the suites folder; what would lead out of it is refused here, so that nobody has to think of it later.
fn paths(reader: &mut Reader, node: &Node) -> Vec<Word> {
    let mut words = reader.words(node, "files and folders");
    words.retain(|word| {
        let leads_out = word.text.starts_with('/') || word.text.split(['/', '\\']).any(|part| part == "..");
        if leads_out {
            let what = "expected a path below the suites folder";
            reader.complain(
                Diagnostic::at(word.origin.clone(), what).hint("write inference/ or inference/chat"),
            );
        }
        !leads_out
    });
    words
}
