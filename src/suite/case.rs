//! A case.

use super::document::requires;
use super::keys;
use super::reader::{Fields, Reader};
use super::when::when;
use super::{Case, ExpectedFailure, ModelKind, Param, Repeat, Skip, Word, params, step};
use crate::model::When;
use crate::source::{Diagnostic, Kind, Node, nearest};

/// The most often a case is tried again or repeated: more is a typing mistake.
const MOST_OFTEN: u32 = 10_000;

/// The `cases:` list. Cases that cannot be read at all are left out.
pub(super) fn read_all(reader: &mut Reader, node: &Node) -> Vec<Case> {
    let items = reader.list(node, "cases");
    items.iter().filter_map(|item| read(reader, item)).collect()
}

fn read(reader: &mut Reader, node: &Node) -> Option<Case> {
    let fields = reader.mapping(node, &keys::CASE)?;
    let name = match fields.get("name") {
        Some(name) => reader.word(name),
        None => {
            reader.complain(fields.diagnostic("a case needs a name"));
            None
        }
    };
    let params = fields.get("params").map(|node| params::read(reader, node)).unwrap_or_default();
    let case = Case {
        about: fields.get("about").and_then(|about| reader.text(about)),
        tags: fields.get("tags").map(|tags| reader.texts(tags, "tags")).unwrap_or_default(),
        models: fields.get("models").map(|node| models(reader, node)).unwrap_or_default(),
        requires_apis: fields.get("requires").map(|node| requires(reader, node)).unwrap_or_default(),
        skip: fields
            .get("skip")
            .map(|node| exceptions(reader, node, |reader, node| skip(reader, node, &params)))
            .unwrap_or_default(),
        xfail: fields
            .get("xfail")
            .map(|node| exceptions(reader, node, |reader, node| xfail(reader, node, &params)))
            .unwrap_or_default(),
        timeout: fields.get("timeout").and_then(|node| reader.duration(node)),
        test_id: fields.get("test_id").filter(|node| reader.word(node).is_some()).cloned(),
        retries: fields.get("retries").and_then(|node| reader.count(node, 0, MOST_OFTEN)).unwrap_or(0),
        repeat: fields.get("repeat").and_then(|node| repeat(reader, node)),
        locks: fields.get("locks").map(|node| reader.texts(node, "locks")).unwrap_or_default(),
        steps: step::required(reader, &fields, "a case"),
        finally: fields.get("finally").map(|node| step::read_all(reader, node)).unwrap_or_default(),
        params,
        name: name?,
    };
    Some(case)
}

fn models(reader: &mut Reader, node: &Node) -> Vec<ModelKind> {
    let mut kinds = Vec::new();
    for word in reader.words(node, "kinds of model") {
        match ModelKind::from_name(&word.text) {
            Some(kind) => kinds.push(kind),
            None => reader.complain(unknown_model(&word)),
        }
    }
    kinds.sort_unstable();
    kinds
}

fn unknown_model(word: &Word) -> Diagnostic {
    let names = ModelKind::ALL.map(ModelKind::name);
    let known = format!("the kinds are {}", names.join(", "));
    let hint = match nearest(&word.text, names) {
        Some(name) => format!("did you mean `{name}`? {known}"),
        None => known,
    };
    Diagnostic::at(word.origin.clone(), format!("there is no kind of model `{}`", word.text)).hint(hint)
}

/// One exception, or a list of them.
fn exceptions<T>(
    reader: &mut Reader,
    node: &Node,
    mut read: impl FnMut(&mut Reader, &Node) -> Option<T>,
) -> Vec<T> {
    let items = match &node.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    if items.is_empty() {
        reader.complain(node.diagnostic("a reason is needed, in words: it is what the report shows"));
    }
    items.iter().filter_map(|item| read(reader, item)).collect()
}

fn skip(reader: &mut Reader, node: &Node, params: &[Param]) -> Option<Skip> {
    if !matches!(node.kind, Kind::Map(_)) {
        return Some(Skip { reason: reason(reader, node)?, params: Vec::new(), when: When::default() });
    }
    let fields = reader.mapping(node, &keys::SKIP)?;
    let params = only_params(reader, &fields, params);
    let when = when(reader, &fields);
    Some(Skip { reason: required_reason(reader, &fields)?, params, when: when? })
}

fn xfail(reader: &mut Reader, node: &Node, params: &[Param]) -> Option<ExpectedFailure> {
    if !matches!(node.kind, Kind::Map(_)) {
        let reason = reason(reader, node)?;
        return Some(ExpectedFailure { reason, strict: false, params: Vec::new(), when: When::default() });
    }
    let fields = reader.mapping(node, &keys::XFAIL)?;
    let strict = fields.get("strict").and_then(|node| reader.flag(node)).unwrap_or(false);
    let params = only_params(reader, &fields, params);
    let when = when(reader, &fields);
    Some(ExpectedFailure { reason: required_reason(reader, &fields)?, strict, params, when: when? })
}

fn required_reason(reader: &mut Reader, fields: &Fields<'_>) -> Option<String> {
    match fields.get("reason") {
        Some(node) => reason(reader, node),
        None => {
            reader.complain(fields.diagnostic("a reason is needed: it is what the report shows"));
            None
        }
    }
}

/// A reason in words; `skip: true` is a wish without one.
fn reason(reader: &mut Reader, node: &Node) -> Option<String> {
    match node.as_str() {
        Some(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => {
            reader.complain(node.diagnostic("a reason is needed, in words: it is what the report shows"));
            None
        }
    }
}

fn only_params(reader: &mut Reader, fields: &Fields<'_>, params: &[Param]) -> Vec<Word> {
    let Some(node) = fields.get("params") else { return Vec::new() };
    let known: Vec<&str> =
        params.iter().flat_map(|param| param.values.iter().map(|value| value.id.text.as_str())).collect();
    let words = reader.words(node, "param ids");
    for word in words.iter().filter(|word| !known.contains(&word.text.as_str())) {
        let mut diagnostic =
            Diagnostic::at(word.origin.clone(), format!("no param of this case has the id `{}`", word.text));
        if let Some(name) = nearest(&word.text, known.iter().copied()) {
            diagnostic = diagnostic.hint(format!("did you mean `{name}`?"));
        }
        reader.complain(diagnostic);
    }
    words
}

fn repeat(reader: &mut Reader, node: &Node) -> Option<Repeat> {
    let fields = reader.mapping(node, &keys::REPEAT)?;
    let pass_rate = match fields.get("pass_rate") {
        Some(node) => rate(reader, node)?,
        None => 1.0,
    };
    let Some(times) = fields.get("times") else {
        reader.complain(fields.diagnostic("`repeat` needs `times`"));
        return None;
    };
    Some(Repeat { times: reader.count(times, 1, MOST_OFTEN)?, pass_rate })
}

fn rate(reader: &mut Reader, node: &Node) -> Option<f64> {
    let rate = match &node.kind {
        Kind::Number(number) => number.as_f64().filter(|rate| (0.0..=1.0).contains(rate)),
        _ => None,
    };
    if rate.is_none() {
        reader.complain(node.diagnostic("expected a share from 0 to 1, such as 0.9"));
    }
    rate
}
