//! YAML text to [`Node`]s.
//!
//! The parser's budget bounds what a hostile text can cost: aliases are expanded only so far (the "billion laughs"), and
//! depth, the number of nodes and the size of the text are limited.

use super::{Diagnostic, Entry, Kind, Node, Origin, SourceFile, Span};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Location, Spanned};
use std::sync::Arc;

/// Largest text accepted, in bytes. A suite of 5,000 cases is under 1 MB.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Reads the one document in `file`.
///
/// # Errors
/// The first thing that is not YAML, a duplicate key, a text over [`MAX_BYTES`] or over the parser's budget, with its place.
pub fn parse(file: &Arc<SourceFile>) -> Result<Node, Diagnostic> {
    let text = file.text();
    if text.len() > MAX_BYTES {
        let origin = Origin { file: Arc::clone(file), span: Span::default() };
        let what = format!("the file is {} bytes; at most {MAX_BYTES} are read", text.len());
        return Err(Diagnostic::at(origin, what).hint("split it into several suite files"));
    }
    if text.lines().all(|line| line.trim_start().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Node::null(file));
    }
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(raw) => Ok(Places::new(file).node(raw)),
        Err(error) => Err(syntax_error(file, &error)),
    }
}

fn syntax_error(file: &Arc<SourceFile>, error: &serde_saphyr::Error) -> Diagnostic {
    let places = Places::new(file);
    let origin = error.location().map_or_else(
        || Origin { file: Arc::clone(file), span: Span::default() },
        |location| places.origin(&location),
    );
    let text = error.without_snippet().to_string();
    // The place is ours to draw; the parser's own wording of it, and of its API, would only repeat or mislead.
    let what = text.split(" at line ").next().unwrap_or_default();
    let what = what.replace(", set DuplicateKeyPolicy in Options if acceptable", "");
    let diagnostic = Diagnostic::at(origin, format!("not valid YAML: {what}"));
    if what.contains("flow mapping") || what.contains("flow sequence") {
        return diagnostic.hint("inside { } and [ ], quote keys and values that contain [ ] { } or a comma");
    }
    diagnostic
}

/// Turns the parser's character-based places into byte spans.
struct Places<'a> {
    file: &'a Arc<SourceFile>,
    ascii: bool,
}

impl<'a> Places<'a> {
    fn new(file: &'a Arc<SourceFile>) -> Self {
        Self { file, ascii: file.text().is_ascii() }
    }

    fn origin(&self, location: &Location) -> Origin {
        let text = self.file.text();
        let chars = usize::try_from(location.span().len()).unwrap_or(usize::MAX);
        let start = if self.ascii {
            usize::try_from(location.span().offset()).unwrap_or(usize::MAX).min(text.len())
        } else {
            let index = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            self.file.offset(index(location.line()), index(location.column()))
        };
        let rest = &text[start..];
        let length = if self.ascii {
            chars.min(rest.len())
        } else {
            rest.char_indices().nth(chars).map_or(rest.len(), |(at, _)| at)
        };
        // A block scalar's span runs over its line breaks; what is underlined is its first line.
        let end = start + rest[..length].trim_end().len();
        Origin { file: Arc::clone(self.file), span: Span { start, end } }
    }

    fn node(&self, raw: Spanned<Raw>) -> Node {
        let origin = self.origin(&raw.referenced);
        let kind = match raw.value {
            Raw::Scalar(kind) => kind,
            Raw::List(items) => Kind::List(items.into_iter().map(|item| self.node(item)).collect()),
            Raw::Map(entries) => {
                Kind::Map(entries.into_iter().map(|(key, value)| self.entry(key, value)).collect())
            }
        };
        Node { kind, origin }
    }

    fn entry(&self, key: Spanned<Key>, value: Spanned<Raw>) -> Entry {
        Entry { key: key.value.0, key_origin: self.origin(&key.referenced), value: self.node(value) }
    }
}

enum Raw {
    Scalar(Kind),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Key>, Spanned<Raw>)>),
}

struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Raw::deserialize(deserializer)? {
            Raw::Scalar(Kind::String(text)) => Ok(Self(text)),
            Raw::Scalar(Kind::Number(number)) => Ok(Self(number.to_string())),
            Raw::Scalar(Kind::Bool(value)) => Ok(Self(value.to_string())),
            Raw::Scalar(_) => Ok(Self("null".into())),
            Raw::List(_) | Raw::Map(_) => {
                Err(D::Error::custom("a key must be a plain word or a quoted string"))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::Number(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::Number(value.into())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        let kind = match serde_json::Number::from_f64(value) {
            Some(number) => Kind::Number(number),
            None => Kind::String(value.to_string()), // cannot be: the parser refuses .nan and .inf
        };
        Ok(Raw::Scalar(kind))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::String(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::String(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_text(text: &str) -> Result<Node, Diagnostic> {
        parse(&SourceFile::new("a.yaml", text))
    }

    #[test]
    fn every_value_knows_its_place() {
        let root = parse_text("about: \"Chät\"\ncases:\n  - name: x\n    status: 200\n").unwrap();
        let Kind::List(cases) = &root.get("cases").unwrap().kind else { panic!("{root:?}") };
        let status = cases[0].get("status").unwrap();
        assert_eq!(status.origin.to_string(), "a.yaml:4:13");
        assert_eq!(status.origin.snippet(), "200");
        assert_eq!(root.get("about").unwrap().origin.snippet(), "\"Chät\"");
        assert_eq!(root.entries()[1].key_origin.snippet(), "cases");
    }

    #[test]
    fn numbers_keep_their_type_and_yes_is_a_word() {
        let root = parse_text("[1, 1.5, 18446744073709551615, yes, true, ~]").unwrap();
        let expected = serde_json::json!([1, 1.5, 18446744073709551615_u64, "yes", true, null]);
        assert_eq!(root.to_json(), expected);
    }

    #[test]
    fn a_duplicate_key_is_shown_where_it_stands() {
        let error = parse_text("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(error.origin.as_ref().unwrap().to_string(), "a.yaml:3:1");
        assert!(error.what.contains("duplicate mapping key: a"), "{}", error.what);
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..10 {
            let inner = vec![format!("*a{}", n - 1); 10].join(", ");
            text.push_str(&format!("a{n}: &a{n} [{inner}]\n"));
        }
        assert!(parse_text(&text).is_err());
    }

    #[test]
    fn a_text_without_a_document_is_null() {
        assert_eq!(parse_text("# nothing\n\n").unwrap().kind, Kind::Null);
    }
}
