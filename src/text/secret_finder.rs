//! Where a text holds secrets.

use super::key_shapes;
use super::spellings::{LONGEST_ESCAPE, letters_within, spellings};
use regex::bytes::{Regex, RegexBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Finds declared secrets in each form in which they tend to appear (plain, escaped in JSON, XML or Markdown, URL-encoded,
/// base64, also inside a longer base64 text), and keys that are known by their shape. The empty one finds keys only.
#[derive(Debug, Clone, Default)]
pub struct SecretFinder {
    declared: Option<Arc<Declared>>,
    allowed: Arc<BTreeSet<Vec<u8>>>,
    declared_only: bool,
}

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'a> {
    /// Where it is.
    pub range: Range<usize>,
    /// The name it was declared with, or that of its shape.
    pub name: &'a str,
}

#[derive(Debug)]
struct Declared {
    /// Meets letters that each form of each secret has: most texts have none of them, and this is the fastest way to know.
    letters: Option<Regex>,
    /// Meets each form of each secret.
    any: Regex,
    each: Vec<One>,
    /// No match is longer, in bytes.
    longest: usize,
}

#[derive(Debug)]
struct One {
    name: String,
    forms: Vec<String>,
    value: String,
    /// Meets its forms; needed only where there is one of any secret.
    exact: OnceLock<Regex>,
}

impl SecretFinder {
    /// Values shorter than this many bytes are not looked for: they would hit ordinary words, and so tell more than they hide.
    pub const MIN_BYTES: usize = 6;

    /// No key that is known by its shape is longer, in bytes, where it has to be found in pieces.
    const LONGEST_KEY: usize = 8 * 1024;

    /// Finds each value, which has the name before it, and each line of a value that has several (a PEM key).
    pub fn new<N: Into<String>, V: AsRef<str>>(secrets: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in secrets {
            let name = name.into();
            let lines = value.as_ref().lines().map(str::trim);
            for line in lines.filter(|line| line.len() >= Self::MIN_BYTES) {
                // Of two names the same one, in whatever order they come.
                let known = names.entry(line.to_owned()).or_insert_with(|| name.clone());
                if name < *known {
                    known.clone_from(&name);
                }
            }
        }
        let letters: Option<Vec<Vec<String>>> = names.keys().map(|value| letters_within(value)).collect();
        let letters = letters.map(|letters| compile(&letters.concat().join("|")));
        let longest = names.keys().map(|value| value.len() * LONGEST_ESCAPE).max().unwrap_or(0);
        let one = |(value, name): (String, String)| {
            let forms = spellings(&value);
            One { forms, name, value, exact: OnceLock::new() }
        };
        let mut each: Vec<One> = names.into_iter().map(one).collect();
        // Of two secrets of which one begins with the other, the longer gives the name.
        each.sort_by_key(|one| std::cmp::Reverse(one.value.len()));
        let forms: Vec<&str> = each.iter().flat_map(|one| &one.forms).map(String::as_str).collect();
        let any = (!forms.is_empty()).then(|| compile(&forms.join("|")));
        Self {
            declared: any.map(|any| Arc::new(Declared { letters, any, each, longest })),
            allowed: Arc::default(),
            declared_only: false,
        }
    }

    /// Leaves `keys` alone that only their shape gives away: made-up ones, in tests.
    #[must_use]
    pub fn allowing(mut self, keys: impl IntoIterator<Item = String>) -> Self {
        self.allowed = Arc::new(keys.into_iter().map(String::into_bytes).collect());
        self
    }

    /// Leaves alone whatever only its shape gives away.
    #[must_use]
    pub fn declared_only(mut self) -> Self {
        self.declared_only = true;
        self
    }

    /// The secrets in `bytes`, in rising order and apart from each other.
    pub fn find(&self, bytes: &[u8]) -> Vec<Found<'_>> {
        let mut found = Vec::new();
        if let Some(declared) = &self.declared {
            let may_hold = declared.letters.as_ref().is_none_or(|letters| letters.is_match(bytes));
            if may_hold {
                declared.find(bytes, &mut found);
            }
        }
        if self.declared_only {
            return found;
        }
        let allowed = |key: &[u8]| self.allowed.contains(key);
        let ends: Vec<usize> = found.iter().map(|found: &Found<'_>| found.range.end).collect();
        let keys = key_shapes::find(bytes, &ends, &allowed);
        if keys.is_empty() {
            return found;
        }
        let declared = found.len();
        found.extend(keys.into_iter().map(|(range, shape)| Found { range, name: shape.name }));
        if declared == 0 { found } else { united(found, declared) }
    }

    /// The names of declared secrets of which a mask covers one part and leaves the other: `***name***`, and right before
    /// or behind it the beginning or the end of a secret.
    pub fn remains(&self, bytes: &[u8]) -> Vec<&str> {
        let mut names = Vec::new();
        let Some(declared) = &self.declared else { return names };
        let masks = masks(bytes);
        for one in &declared.each {
            let value = one.value.as_bytes();
            let is_left = |mask: &Range<usize>| {
                let (before, behind) = (&bytes[..mask.start], &bytes[mask.end..]);
                (Self::MIN_BYTES..value.len()).any(|part| {
                    behind.starts_with(&value[value.len() - part..]) || before.ends_with(&value[..part])
                })
            };
            if masks.iter().any(is_left) {
                names.push(one.name.as_str());
            }
        }
        names
    }

    /// How far back from the end of a text a secret may have begun that goes on behind it, in bytes.
    pub(super) fn longest(&self) -> usize {
        self.declared.as_ref().map_or(0, |declared| declared.longest).max(Self::LONGEST_KEY)
    }
}

impl Declared {
    /// Those that overlap are one: what one of two secrets leaves of the other is to be read by nobody.
    fn find<'a>(&'a self, bytes: &[u8], found: &mut Vec<Found<'a>>) {
        if !self.any.is_match(bytes) {
            return;
        }
        let hits = |one: &'a One| {
            let hits = one.exact.get_or_init(|| compile(&one.forms.join("|"))).find_iter(bytes);
            hits.map(|hit| Found { range: hit.range(), name: &one.name }).collect::<Vec<_>>()
        };
        let all: Vec<Found<'_>> = self.each.iter().flat_map(hits).collect();
        let count = all.len();
        *found = united(all, count);
    }
}

/// Makes one of those that overlap; it has the name of the one that is `declared`: one of the first so many.
fn united(found: Vec<Found<'_>>, declared: usize) -> Vec<Found<'_>> {
    let mut ordered: Vec<(usize, Found<'_>)> = found.into_iter().enumerate().collect();
    ordered.sort_by_key(|(order, found)| (found.range.start, *order));
    let mut apart: Vec<(usize, Found<'_>)> = Vec::new();
    for (order, next) in ordered {
        match apart.last_mut().filter(|(_, last)| next.range.start < last.range.end) {
            Some((last_order, last)) => {
                last.range.end = last.range.end.max(next.range.end);
                if order < declared && *last_order >= declared {
                    (*last_order, last.name) = (order, next.name);
                }
            }
            None => apart.push((order, next)),
        }
    }
    apart.into_iter().map(|(_, found)| found).collect()
}

/// Where `bytes` has masks with a name. Providers, too, write `sk-proj-****1234`.
fn masks(bytes: &[u8]) -> Vec<Range<usize>> {
    const SIGN: &[u8] = b"***";
    let signs: Vec<usize> = memchr::memmem::find_iter(bytes, SIGN).collect();
    let is_named = |two: &&[usize]| {
        let name = &bytes[two[0] + SIGN.len()..two[1]];
        !name.is_empty() && !name.iter().any(|byte| byte.is_ascii_whitespace() || *byte == b'*')
    };
    signs.windows(2).filter(is_named).map(|two| two[0]..two[1] + SIGN.len()).collect()
}

fn compile(pattern: &str) -> Regex {
    // A certificate among the secrets makes a large pattern.
    let built = RegexBuilder::new(pattern).size_limit(usize::MAX).build();
    built.expect("every character of a secret is escaped, and the size is not limited")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(finder: &SecretFinder, text: &str) -> Vec<String> {
        finder
            .find(text.as_bytes())
            .iter()
            .map(|found| format!("{}:{}", found.name, &text[found.range.clone()]))
            .collect()
    }

    #[test]
    fn a_secret_has_the_name_it_was_declared_with_and_a_key_that_of_its_shape() {
        let finder =
            SecretFinder::new([("B", "made-up-value"), ("A", "made-up-value"), ("C", "made-up-value-too")]);
        let text = "made-up-value made-up-value-too sk-madeup0madeup0madeup0 short";
        let found = ["A:made-up-value", "C:made-up-value-too", "openai-key:sk-madeup0madeup0madeup0"];
        assert_eq!(names(&finder, text), found);
    }

    #[test]
    fn of_secrets_that_overlap_nothing_is_left() {
        let finder = SecretFinder::new([("A", "made-up-one"), ("B", "one-and-two"), ("C", "up-one-a")]);
        assert_eq!(names(&finder, "x made-up-one-and-two"), ["A:made-up-one-and-two"]);
        let finder = SecretFinder::new([("ZOO", "zebra+/quokka=42 π")]);
        let text = "sk-proj-madeup0madeup0madeup0zebra+/quokka=42 π.";
        assert_eq!(names(&finder, text), [format!("ZOO:{}", text.trim_end_matches('.'))]);
    }

    #[test]
    fn what_a_mask_leaves_of_a_secret_is_told() {
        let finder = SecretFinder::new([("ZOO", "zebra+/quokka=42 π")]);
        for text in ["a ***openai-key***+/quokka=42 π", "zebra+/q***other***"] {
            assert_eq!(finder.remains(text.as_bytes()), ["ZOO"], "{text}");
        }
        for text in ["***openai-key*** zebra+/quokka", "***ZOO***", "***a***42 π", "zebra+/****=42 π"] {
            assert_eq!(finder.remains(text.as_bytes()), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_key_that_holds_a_declared_secret_is_found_whole() {
        let finder = SecretFinder::new([("MINE", "madeup0")]);
        assert_eq!(names(&finder, "x sk-madeup0madeup0-madeup0 y"), ["MINE:sk-madeup0madeup0-madeup0"]);
    }
}
