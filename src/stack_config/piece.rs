//! A part of the string that knows where it stands.

use crate::source::{Diagnostic, Origin, SourceFile, Span};
use std::ops::Range;
use std::sync::Arc;

/// Words in the key of an option whose value must not be shown.
const SECRET_WORDS: &[&str] = &["key", "token", "secret", "password"];

/// A part of a stack-config string.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    text: &'a str,
    /// The whole string with its secrets masked, byte for byte as long: what messages are drawn on.
    shown: &'a Arc<SourceFile>,
    start: usize,
}

impl<'a> Piece<'a> {
    pub(super) fn whole(text: &'a str, shown: &'a Arc<SourceFile>) -> Self {
        Self { text, shown, start: 0 }
    }

    pub(super) fn text(self) -> &'a str {
        self.text
    }

    /// The part at a range of bytes of this one.
    pub(super) fn slice(self, range: Range<usize>) -> Self {
        let start = self.start + range.start;
        Self { text: &self.text[range], start, ..self }
    }

    pub(super) fn from(self, start: usize) -> Self {
        self.slice(start..self.text.len())
    }

    pub(super) fn to(self, end: usize) -> Self {
        self.slice(0..end)
    }

    /// What stands before and after the first `separator`.
    pub(super) fn split_once(self, separator: &str) -> Option<(Self, Self)> {
        let at = self.text.find(separator)?;
        Some((self.to(at), self.from(at + separator.len())))
    }

    /// The parts between the `separator`s.
    pub(super) fn split(self, separator: char) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut start = 0;
        for (at, found) in self.text.match_indices(separator) {
            parts.push(self.slice(start..at));
            start = at + found.len();
        }
        parts.push(self.from(start));
        parts
    }

    /// A complaint about this part.
    pub(super) fn diagnostic(self, what: impl Into<String>) -> Diagnostic {
        let end = self.start + self.text.len();
        Diagnostic::at(Origin { file: Arc::clone(self.shown), span: Span { start: self.start, end } }, what)
    }

    /// The same without its secrets, for use within a message.
    pub(super) fn shown(self) -> &'a str {
        self.shown.text().get(self.start..self.start + self.text.len()).unwrap_or_default()
    }
}

/// `text` with the values of options such as `api_key` and the credentials of a URL replaced by as many asterisks.
pub(super) fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in secrets(text) {
        bytes[range].fill(b'*');
    }
    // Ranges end at ASCII separators, hence on character boundaries.
    String::from_utf8(bytes).unwrap_or_default()
}

fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for (at, _) in text.match_indices(['?', '&']) {
        let option = &text[at + 1..];
        let option = &option[..option.find(['&', ',']).unwrap_or(option.len())];
        let Some((key, value)) = option.split_once('=') else { continue };
        let key_lower = key.to_lowercase();
        if SECRET_WORDS.iter().any(|word| key_lower.contains(word)) {
            let start = at + 1 + key.len() + 1;
            ranges.push(start..start + value.len());
        }
    }
    if let Some(at) = text.find("://") {
        let authority = &text[at + 3..];
        let authority = &authority[..authority.find(['/', '?', '#']).unwrap_or(authority.len())];
        if let Some(end) = authority.rfind('@') {
            ranges.push(at + 3..at + 3 + end);
        }
    }
    ranges
}
