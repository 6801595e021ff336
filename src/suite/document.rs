//! A file below the suites folder.

use super::keys;
use super::reader::Reader;
use super::{Defaults, Document, Fragment, Suite, bundle, case, external, fixture, fragment, rule};
use crate::source::{Diagnostic, Node, SourceFile, yaml};
use std::sync::Arc;

/// What could be read of a file, and what is wrong with it.
#[derive(Debug)]
pub struct Parsed<T> {
    /// What could be read; incomplete if there are errors.
    pub value: T,
    /// Everything that is wrong, in the order of the file.
    pub errors: Vec<Diagnostic>,
}

impl<T> Parsed<T> {
    fn new(value: T, reader: Reader) -> Self {
        Self { value, errors: reader.errors }
    }

    fn unreadable(value: T, error: Diagnostic) -> Self {
        Self { value, errors: vec![error] }
    }
}

/// Reads a suite, a named suite or an external suite.
pub fn parse(file: &Arc<SourceFile>) -> Parsed<Document> {
    let node = match yaml::parse(file) {
        Ok(node) => node,
        Err(error) => return Parsed::unreadable(Document::Suite(Suite::default()), error),
    };
    let mut reader = Reader::default();
    let document = if node.get("include").is_some() {
        Document::Bundle(bundle::read(&mut reader, &node).unwrap_or_default())
    } else if node.get("external").is_some() {
        external::read(&mut reader, &node)
            .map_or_else(|| Document::Suite(Suite::default()), Document::External)
    } else {
        Document::Suite(suite(&mut reader, &node).unwrap_or_default())
    };
    Parsed::new(document, reader)
}

/// Reads a file of shared fragments.
pub fn parse_fragments(file: &Arc<SourceFile>) -> Parsed<Vec<Fragment>> {
    let node = match yaml::parse(file) {
        Ok(node) => node,
        Err(error) => return Parsed::unreadable(Vec::new(), error),
    };
    let mut reader = Reader::default();
    let mut fragments = Vec::new();
    if let Some(fields) = reader.mapping(&node, &keys::FRAGMENT_FILE) {
        fields.get("about").and_then(|about| reader.text(about));
        match fields.get("fragments") {
            Some(node) => fragments = fragment::read_all(&mut reader, node),
            None => reader.complain(fields.diagnostic("a file of shared fragments needs `fragments`")),
        }
    }
    Parsed::new(fragments, reader)
}

fn suite(reader: &mut Reader, node: &Node) -> Option<Suite> {
    let fields = reader.mapping(node, &keys::SUITE)?;
    let mut suite = Suite {
        about: fields.get("about").and_then(|about| reader.text(about)),
        tags: fields.get("tags").map(|tags| reader.texts(tags, "tags")).unwrap_or_default(),
        requires_apis: fields.get("requires").map(|node| requires(reader, node)).unwrap_or_default(),
        defaults: fields.get("defaults").and_then(|node| defaults(reader, node)).unwrap_or_default(),
        rules: fields.get("match").map(|node| rule::read_all(reader, node)).unwrap_or_default(),
        fixtures: fields.get("fixtures").map(|node| fixture::read_all(reader, node)).unwrap_or_default(),
        fragments: fields.get("fragments").map(|node| fragment::read_all(reader, node)).unwrap_or_default(),
        cases: Vec::new(),
    };
    match fields.get("cases") {
        Some(cases) => suite.cases = case::read_all(reader, cases),
        None => reader.complain(
            fields
                .diagnostic("a suite needs `cases`")
                .hint("or `include`, to bundle other suites, or `external`"),
        ),
    }
    Some(suite)
}

/// The APIs of a `requires:` mapping.
pub(super) fn requires(reader: &mut Reader, node: &Node) -> Vec<String> {
    let Some(fields) = reader.mapping(node, &keys::REQUIRES) else { return Vec::new() };
    fields.get("apis").map(|apis| reader.texts(apis, "APIs")).unwrap_or_default()
}

fn defaults(reader: &mut Reader, node: &Node) -> Option<Defaults> {
    let fields = reader.mapping(node, &keys::DEFAULTS)?;
    Some(Defaults {
        timeout: fields.get("timeout").and_then(|node| reader.duration(node)),
        headers: fields.get("headers").map(|node| reader.fields(node, "headers")).unwrap_or_default(),
    })
}
