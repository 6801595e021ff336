//! Ids in texts: `file-8f3a…`, `vs_…`, `call_…`, UUIDs.
//!
//! What mints an id does it anew in every run, so a prompt that quotes one would be another question each time. A key is
//! therefore computed over a text in which ids are only their kind, and which id it is is compared apart from it.

use memchr::memchr2;
use std::ops::Range;

/// Prefixes whose ids are told by eight characters with a digit; behind any other word it takes [`LONG`] random ones.
const KNOWN: [&str; 30] = [
    "asst", "batch", "call", "chatcmpl", "chunk", "cmpl", "conv", "doc", "embd", "fc", "file", "fs", "item",
    "mcp", "mcpl", "mcpr", "modr", "msg", "req", "resp", "response", "rs", "run", "session", "step",
    "thread", "toolu", "upload", "vs", "ws",
];

const SHORT: usize = 8;
const LONG: usize = 16;
/// The characters of a UUID.
const UUID: usize = 36;
/// What every UUID of ours begins with.
const OUR_UUID: &str = "57ac7e57-0000-4000-80";
/// What stands behind the prefix of every other id of ours.
const OURS: &str = "stacktest";

/// Where an id was seen first, which says how it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edge {
    /// In an answer of the stack to its client.
    Client,
    /// In a request to a provider; no client was ever told.
    Provider,
}

/// Where the ids in `text` are, in rising order. `text` may be a string or a JSON text: letters of escapes are told from
/// those of ids.
pub fn ids(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let separator = at + memchr2(b'-', b'_', text.get(at..)?)?;
            if let Some(id) = around(text, at, separator) {
                at = id.end;
                return Some(id);
            }
            at = separator + 1;
        }
    })
}

/// The id whose first separator is at `separator`; nothing before `from` belongs to it.
fn around(text: &[u8], from: usize, separator: usize) -> Option<Range<usize>> {
    let left =
        text[from..separator].iter().rev().take(32).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let start = behind_escape(text, separator - left, separator);
    let word = &text[start..separator];
    if word.len() == 8 && is_uuid(text, start) {
        return Some(start..start + UUID);
    }
    if word.is_empty() || !word.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    let rest = separator + 1;
    if is_uuid(text, rest) {
        return Some(start..rest + UUID);
    }
    let right = text[rest..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let known = || KNOWN.binary_search_by(|known| known.as_bytes().cmp(word)).is_ok();
    let random = right >= SHORT && is_random(&text[rest..rest + right], known);
    random.then_some(start..rest + right)
}

/// Where a word really begins that seems to begin at `start`: `\nfile` is a line break and a word, `%2Ffile` a slash and a
/// word.
fn behind_escape(text: &[u8], start: usize, end: usize) -> usize {
    let before = start.checked_sub(1).and_then(|before| text.get(before));
    let escape = match (before, text.get(start)) {
        (Some(b'\\'), Some(b'n' | b't' | b'r' | b'b' | b'f')) => 1,
        (Some(b'\\'), Some(b'u')) => 5,
        (Some(b'%'), _) => 2,
        _ => 0,
    };
    (start + escape).min(end)
}

fn is_random(text: &[u8], known: impl Fn() -> bool) -> bool {
    let digits = text.iter().any(u8::is_ascii_digit);
    let mixed = || text.iter().any(u8::is_ascii_lowercase) && text.iter().any(u8::is_ascii_uppercase);
    let letters = || text.iter().any(u8::is_ascii_alphabetic);
    if text.len() >= LONG && letters() && (digits || (mixed() && known())) {
        return true;
    }
    digits && known()
}

fn is_uuid(text: &[u8], start: usize) -> bool {
    let Some(text) = text.get(start..start + UUID) else { return false };
    text.iter().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// `file-` of `file-8f3a…`: of which kind an id is. That of a bare UUID is empty.
pub fn kind(id: &str) -> &str {
    let letters = id.bytes().take_while(u8::is_ascii_alphabetic).count();
    match id.as_bytes().get(letters) {
        Some(b'-' | b'_') if !(letters == 8 && is_uuid(id.as_bytes(), 0)) => &id[..=letters],
        _ => "",
    }
}

/// The name in recordings of the `number`th id (from 1) of its kind.
pub fn numbered(kind: &str, edge: Edge, number: usize) -> String {
    match (kind, edge) {
        ("", Edge::Client) => format!("{OUR_UUID}00-{number:012}"),
        ("", Edge::Provider) => format!("{OUR_UUID}01-{number:012}"),
        (_, Edge::Client) => format!("{kind}{OURS}{number:07}"),
        (_, Edge::Provider) => format!("{kind}{OURS}p{number:06}"),
    }
}

/// For which edge [`numbered`] made `id`, and with which number, if it did.
pub fn number_of(id: &str) -> Option<(Edge, usize)> {
    let rest = &id[kind(id).len()..];
    let (edge, number) = match rest.strip_prefix(OUR_UUID) {
        Some(rest) => {
            let (edge, number) = rest.split_once('-')?;
            (if edge == "00" { Edge::Client } else { Edge::Provider }, number)
        }
        None => {
            let rest = rest.strip_prefix(OURS)?;
            rest.strip_prefix('p').map_or((Edge::Client, rest), |number| (Edge::Provider, number))
        }
    };
    Some((edge, number.parse().ok()?))
}

/// Whether `text` may hold a name of ours: a quick look for what most texts do not have.
pub fn may_hold_numbered(text: &[u8]) -> bool {
    [OURS, OUR_UUID].iter().any(|needle| memchr::memmem::find(text, needle.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        ids(text.as_bytes()).map(|range| &text[range]).collect()
    }

    #[test]
    fn ids_are_told_from_words_models_and_dates() {
        assert!(KNOWN.is_sorted());
        let uuid = "3e8f1a2b-0c1d-4e5f-8a9b-0123456789ab";
        for (text, ids) in [
            ("see file-8f3a1b2c, not file-cabinet", vec!["file-8f3a1b2c"]),
            (r"quoted\nfile-8f3a1b2c\u00e9vs_12345678", vec!["file-8f3a1b2c", "vs_12345678"]),
            ("call_DdmOApDExaXXTPNJZzghcAbb", vec!["call_DdmOApDExaXXTPNJZzghcAbb"]),
            ("/v1/files%2Ffile-12345678", vec!["file-12345678"]),
            ("chatcmpl-tool-0123456789abcdef0", vec!["tool-0123456789abcdef0"]),
            ("my_file-12345678_a", vec!["file-12345678"]),
            ("a gpt-4o-2024-08-06 claude-3-5-sonnet-20241022 Llama-3.2-3B-Instruct", vec![]),
            ("max_completion_tokens call_get_weather2 sha256-0123456789abcdef0123 -_-__", vec![]),
            ("text-embedding-ada-002 nomic-embed-text 2024-08-06T10-11-12", vec![]),
        ] {
            assert_eq!(found(text), ids, "{text}");
        }
        let prefixed = format!("vs_{uuid}");
        assert_eq!(found(&format!("[{uuid}] {prefixed}.")), [uuid, &prefixed]);
    }

    #[test]
    fn a_number_is_an_id_again_and_says_what_it_is() {
        for (kind, edge) in [
            ("file-", Edge::Client),
            ("vs_", Edge::Provider),
            ("", Edge::Client),
            ("", Edge::Provider),
            ("tool-", Edge::Client),
        ] {
            let name = numbered(kind, edge, 12);
            assert_eq!(found(&name), [name.as_str()]);
            assert_eq!((super::kind(&name), number_of(&name)), (kind, Some((edge, 12))));
            assert!(may_hold_numbered(name.as_bytes()));
        }
        assert_eq!(number_of("file-8f3a1b2c"), None);
    }
}
