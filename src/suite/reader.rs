//! Reading typed values out of nodes while collecting every complaint.

use super::keys::Table;
use super::{Field, Word};
use crate::source::{Diagnostic, Entry, Kind, Node, nearest, parse_duration};
use std::time::Duration;

/// Collects complaints while values are read. What cannot be read is `None` and has been complained about.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) errors: Vec<Diagnostic>,
}

impl Reader {
    pub(super) fn complain(&mut self, diagnostic: Diagnostic) {
        self.errors.push(diagnostic);
    }

    /// Complains about `node` being of the wrong kind.
    pub(super) fn wrong_kind(&mut self, node: &Node, expected: &str) {
        self.complain(node.diagnostic(format!("expected {expected}, found {}", node.kind_name())));
    }

    /// The lines of a mapping whose keys are all in `table`; unknown ones are complained about.
    pub(super) fn mapping<'a>(&mut self, node: &'a Node, table: &'static Table) -> Option<Fields<'a>> {
        let Kind::Map(entries) = &node.kind else {
            self.wrong_kind(node, &format!("{} (a mapping)", table.what));
            return None;
        };
        for entry in entries.iter().filter(|entry| !table.has(&entry.key)) {
            self.unknown_key(entry, table);
        }
        Some(Fields { node, entries })
    }

    fn unknown_key(&mut self, entry: &Entry, table: &Table) {
        let what = format!("{} has no key `{}`", table.what, entry.key);
        let known: Vec<_> = table.names().collect();
        let keys = format!("its keys are {}", listed(&known));
        let hint = match nearest(&entry.key, known) {
            Some(name) => format!("did you mean `{name}`? {keys}"),
            None => keys,
        };
        self.complain(Diagnostic::at(entry.key_origin.clone(), what).hint(hint));
    }

    /// The text of a scalar; numbers and booleans count as what they look like.
    pub(super) fn text(&mut self, node: &Node) -> Option<String> {
        match &node.kind {
            Kind::String(text) => Some(text.clone()),
            Kind::Number(number) => Some(number.to_string()),
            Kind::Bool(value) => Some(value.to_string()),
            Kind::Null | Kind::List(_) | Kind::Map(_) => {
                self.wrong_kind(node, "a string");
                None
            }
        }
    }

    /// The text of a scalar that is to name something: not empty and without control characters.
    pub(super) fn word(&mut self, node: &Node) -> Option<Word> {
        let text = self.text(node)?;
        let word = Word { text, origin: node.origin.clone() };
        self.named(&word).then_some(word)
    }

    /// A key that names something.
    pub(super) fn key_word(&mut self, entry: &Entry) -> Option<Word> {
        let word = Word { text: entry.key.clone(), origin: entry.key_origin.clone() };
        self.named(&word).then_some(word)
    }

    fn named(&mut self, word: &Word) -> bool {
        let what = if word.text.trim().is_empty() {
            "a name must not be empty"
        } else if word.text.chars().any(char::is_control) {
            "a name must not hold control characters, such as line breaks or tabs"
        } else {
            return true;
        };
        self.complain(Diagnostic::at(word.origin.clone(), what));
        false
    }

    /// A name that templates can use.
    pub(super) fn identifier(&mut self, word: Word) -> Option<Word> {
        let starts = word.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if starts && word.text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Some(word);
        }
        let what = format!("`{}` cannot be used in templates", word.text);
        self.complain(
            Diagnostic::at(word.origin, what).hint("use letters, digits and _, and begin with a letter"),
        );
        None
    }

    /// The items of a list.
    pub(super) fn list<'a>(&mut self, node: &'a Node, of: &str) -> &'a [Node] {
        match &node.kind {
            Kind::List(items) => items,
            _ => {
                self.wrong_kind(node, &format!("a list of {of}"));
                &[]
            }
        }
    }

    /// A list of words, or one word alone; none of them twice.
    pub(super) fn words(&mut self, node: &Node, of: &str) -> Vec<Word> {
        let items = match &node.kind {
            Kind::String(_) => std::slice::from_ref(node),
            _ => self.list(node, of),
        };
        let mut words: Vec<Word> = Vec::with_capacity(items.len());
        for item in items {
            let Some(word) = self.word(item) else { continue };
            if words.iter().any(|known| known.text == word.text) {
                self.complain(Diagnostic::at(word.origin, format!("`{}` is listed twice", word.text)));
            } else {
                words.push(word);
            }
        }
        words
    }

    /// The texts of [`Reader::words`].
    pub(super) fn texts(&mut self, node: &Node, of: &str) -> Vec<String> {
        self.words(node, of).into_iter().map(|word| word.text).collect()
    }

    /// A mapping with keys of the user's choice.
    pub(super) fn fields(&mut self, node: &Node, what: &str) -> Vec<Field> {
        let Kind::Map(entries) = &node.kind else {
            self.wrong_kind(node, &format!("a mapping of {what}"));
            return Vec::new();
        };
        let field = |reader: &mut Self, entry: &Entry| {
            Some(Field { name: reader.key_word(entry)?, value: entry.value.clone() })
        };
        entries.iter().filter_map(|entry| field(self, entry)).collect()
    }

    /// A length of time.
    pub(super) fn duration(&mut self, node: &Node) -> Option<Duration> {
        let text = self.text(node)?;
        match parse_duration(&text) {
            Ok(duration) if duration.is_zero() => {
                self.complain(node.diagnostic("a length of time must be more than nothing"));
                None
            }
            Ok(duration) => Some(duration),
            Err(error) => {
                self.complain(node.diagnostic(error.to_string()));
                None
            }
        }
    }

    /// A whole number between `least` and `most`.
    pub(super) fn count(&mut self, node: &Node, least: u32, most: u32) -> Option<u32> {
        if let Kind::Number(number) = &node.kind
            && let Some(count) = number.as_u64().and_then(|n| u32::try_from(n).ok())
            && (least..=most).contains(&count)
        {
            return Some(count);
        }
        let expected = format!("expected a whole number from {least} to {most}");
        self.complain(node.diagnostic(expected));
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: &Node) -> Option<bool> {
        match node.kind {
            Kind::Bool(value) => Some(value),
            _ => {
                self.wrong_kind(node, "true or false");
                None
            }
        }
    }

    /// One of `known`, with the nearest named if it is none.
    pub(super) fn one_of(&mut self, node: &Node, known: &[&'static str]) -> Option<&'static str> {
        let text = self.text(node)?;
        let found = known.iter().copied().find(|name| *name == text);
        if found.is_none() {
            let what = format!("expected {}, found `{text}`", alternatives(known));
            let mut diagnostic = node.diagnostic(what);
            if let Some(name) = nearest(&text, known.iter().copied()) {
                diagnostic = diagnostic.hint(format!("did you mean `{name}`?"));
            }
            self.complain(diagnostic);
        }
        found
    }
}

/// The lines of a mapping whose keys have been checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) node: &'a Node,
    pub(super) entries: &'a [Entry],
}

impl<'a> Fields<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(super) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// A complaint about the mapping as a whole, at its first key.
    pub(super) fn diagnostic(&self, what: impl Into<String>) -> Diagnostic {
        match self.entries.first() {
            Some(entry) => Diagnostic::at(entry.key_origin.clone(), what),
            None => self.node.diagnostic(what),
        }
    }
}

/// `a, b and c`.
fn listed(names: &[&str]) -> String {
    joined(names, "and")
}

/// `a, b or c`.
pub(super) fn alternatives(names: &[&str]) -> String {
    joined(names, "or")
}

fn joined(names: &[&str], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [init @ .., end] => format!("{} {last} {end}", init.join(", ")),
    }
}
