//! JSON as text: laid out anew or edited without touching a number, an escape or the order of keys.
//!
//! A recording must give back the provider's bytes, and a parsed value does not: `1.0`, `1e3`, `\u00e9` and duplicate keys
//! are lost in it. So nothing here parses further than to tokens.

use super::message::Edit;
use serde::de::IgnoredAny;
use std::ops::Range;

/// How tokens are laid out. Three ways cover what providers send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `{"a":1,"b":[2]}`
    Compact,
    /// `{"a": 1, "b": [2]}`, Python's default.
    Spaced,
    /// One member a line, two spaces for each level.
    Indented,
}

impl Style {
    /// Every style, the most usual first.
    pub const ALL: [Self; 3] = [Self::Compact, Self::Spaced, Self::Indented];

    /// The word in recordings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Spaced => "spaced",
            Self::Indented => "indented",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
    Comma,
    Colon,
    Scalar,
}

/// Whether `text` is one JSON value.
pub fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// The tokens of valid JSON.
fn tokens(text: &str) -> impl Iterator<Item = (Kind, Range<usize>)> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while bytes.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        let start = at;
        let kind = match bytes[start] {
            b'{' | b'[' => Kind::Open,
            b'}' | b']' => Kind::Close,
            b',' => Kind::Comma,
            b':' => Kind::Colon,
            _ => Kind::Scalar,
        };
        at = match (kind, bytes[start]) {
            (Kind::Scalar, b'"') => end_of_string(bytes, start),
            (Kind::Scalar, _) => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || b",]}:".contains(byte);
                bytes[start..].iter().position(ends).map_or(bytes.len(), |length| start + length)
            }
            _ => start + 1,
        };
        Some((kind, start..at))
    })
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// How deep objects and arrays of valid JSON are nested.
pub fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for (kind, _) in tokens(text) {
        match kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Lays valid JSON out in `style`.
pub fn render(text: &str, style: Style) -> String {
    match style {
        Style::Compact => joined(text, ",", ":"),
        Style::Spaced => joined(text, ", ", ": "),
        Style::Indented => indented(text, 0, false),
    }
}

/// Lays valid JSON out for reading: indented by `level` steps, arrays of numbers on one line.
pub fn pretty(text: &str, level: usize) -> String {
    indented(text, level, true)
}

fn joined(text: &str, comma: &str, colon: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (kind, range) in tokens(text) {
        out.push_str(match kind {
            Kind::Comma => comma,
            Kind::Colon => colon,
            _ => &text[range],
        });
    }
    out
}

fn indented(text: &str, mut level: usize, number_rows: bool) -> String {
    let tokens: Vec<_> = tokens(text).collect();
    let mut out = String::with_capacity(text.len() * 2);
    let line = |out: &mut String, level: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", level));
    };
    let mut at = 0;
    while let Some((kind, range)) = tokens.get(at) {
        let token = &text[range.clone()];
        match kind {
            Kind::Open if tokens.get(at + 1).is_some_and(|(next, _)| *next == Kind::Close) => {
                out.push_str(token);
                at += 1;
                out.push_str(&text[tokens[at].1.clone()]);
            }
            Kind::Open => {
                let row = if number_rows { row_of_numbers(text, &tokens[at..]) } else { None };
                if let Some(length) = row {
                    out.push_str(&joined(&text[range.start..tokens[at + length].1.end], ", ", ": "));
                    at += length;
                } else {
                    out.push_str(token);
                    level += 1;
                    line(&mut out, level);
                }
            }
            Kind::Close => {
                level = level.saturating_sub(1);
                line(&mut out, level);
                out.push_str(token);
            }
            Kind::Comma => {
                out.push(',');
                line(&mut out, level);
            }
            Kind::Colon => out.push_str(": "),
            Kind::Scalar => out.push_str(token),
        }
        at += 1;
    }
    out
}

/// How many tokens follow the `[` until its `]`, if there are only numbers between.
fn row_of_numbers(text: &str, tokens: &[(Kind, Range<usize>)]) -> Option<usize> {
    if &text[tokens[0].1.clone()] != "[" {
        return None;
    }
    let is_number = |range: &Range<usize>| matches!(text.as_bytes()[range.start], b'-' | b'0'..=b'9');
    let length = tokens[1..]
        .iter()
        .position(|(kind, range)| !(*kind == Kind::Comma || *kind == Kind::Scalar && is_number(range)))?;
    (tokens[1 + length].0 == Kind::Close).then_some(1 + length)
}

/// A step on the way from the root of a JSON text to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<'a> {
    /// A member, by its key as written (escapes and all).
    Key(&'a str),
    /// An element.
    Index(usize),
}

/// Goes through all strings, numbers, booleans and nulls of valid JSON; `edit` may give a text to put in their place.
/// Ranges are shifted by `offset`.
pub fn edit_scalars<'a>(
    text: &'a str,
    offset: usize,
    mut edit: impl FnMut(&[Step<'a>], &'a str) -> Option<String>,
) -> Vec<Edit> {
    let mut path: Vec<Step<'a>> = Vec::new();
    let mut edits = Vec::new();
    let mut tokens = tokens(text).peekable();
    while let Some((kind, range)) = tokens.next() {
        match kind {
            Kind::Open if &text[range.clone()] == "[" => path.push(Step::Index(0)),
            Kind::Open => path.push(Step::Key("")),
            Kind::Close => {
                path.pop();
            }
            Kind::Comma => {
                if let Some(Step::Index(index)) = path.last_mut() {
                    *index += 1;
                }
            }
            Kind::Colon => {}
            Kind::Scalar if tokens.peek().is_some_and(|(next, _)| *next == Kind::Colon) => {
                if let Some(step) = path.last_mut() {
                    *step = Step::Key(text[range].trim_matches('"'));
                }
            }
            Kind::Scalar => {
                if let Some(new) = edit(&path, &text[range.clone()]) {
                    edits.push((range.start + offset..range.end + offset, new));
                }
            }
        }
    }
    edits
}

/// Whether `path` is where `pattern` points: steps between slashes, `*` for any one step.
pub fn points_at(pattern: &str, path: &[Step<'_>]) -> bool {
    let mut wanted = pattern.split('/');
    let all = path.iter().all(|step| match (wanted.next(), step) {
        (Some("*"), _) => true,
        (Some(name), Step::Key(key)) => name == *key,
        (Some(name), Step::Index(index)) => name.parse() == Ok(*index),
        (None, _) => false,
    });
    all && wanted.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"b":1.0,"a":[1,-2e3],"s":"x\"}\u00e9","n":{},"l":[],"m":[{"k":null}]}"#;

    #[test]
    fn every_style_is_undone_by_compact() {
        for style in Style::ALL {
            let text = render(TEXT, style);
            assert!(is_json(&text), "{text}");
            assert_eq!(render(&text, Style::Compact), TEXT);
        }
        assert_eq!(render(&pretty(TEXT, 3), Style::Compact), TEXT);
    }

    #[test]
    fn styles_are_those_of_their_origins() {
        assert_eq!(render("{\"a\":1,\"b\":[2,{}]}", Style::Spaced), r#"{"a": 1, "b": [2, {}]}"#);
        assert_eq!(render("{\"a\":[1,2]}", Style::Indented), "{\n  \"a\": [\n    1,\n    2\n  ]\n}");
        assert_eq!(pretty("{\"a\":[1,2],\"b\":[]}", 0), "{\n  \"a\": [1, 2],\n  \"b\": []\n}");
    }

    #[test]
    fn edits_know_where_they_are() {
        let edits = edit_scalars(TEXT, 10, |path, _| points_at("m/*/k", path).then(|| "7".to_owned()));
        assert_eq!(edits.len(), 1);
        assert_eq!(&TEXT[edits[0].0.start - 10..edits[0].0.end - 10], "null");
    }
}
