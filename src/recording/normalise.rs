//! What differs from call to call although nothing has changed is kept in one spelling.

use super::Key;
use crate::wire::dialect::{Dialect, Framing, Kind, Volatile};
use crate::wire::json_text::{edit_scalars, is_json, points_at};
use crate::wire::message::{Body, Edit, Request, Response, apply};
use std::collections::HashMap;

/// An id that is shorter is replaced where the dialect says it is one, but not searched for in other texts.
const TELLING: usize = 8;

/// Ids that a provider minted in this run, and the names they have in the recording.
///
/// What a provider minted comes back: the second turn of a conversation quotes the id of the tool call of the first. On
/// replay it quotes the recorded name, so the request is kept with that name, too.
#[derive(Debug, Clone, Default)]
pub struct Renames {
    known: HashMap<String, String>,
}

impl Renames {
    fn edits(&self, bytes: &[u8]) -> Vec<Edit> {
        let mut edits: Vec<Edit> = Vec::new();
        for (old, new) in self.known.iter().filter(|(old, _)| old.len() >= TELLING) {
            let (mut from, old) = (0, old.as_bytes());
            while let Some(at) = memchr::memmem::find(&bytes[from..], old) {
                let (start, end) = (from + at, from + at + old.len());
                from = end;
                let part_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
                let joined =
                    bytes[..start].last().is_some_and(part_of_word) && !ends_in_escape(&bytes[..start]);
                if !joined && !bytes.get(end).is_some_and(part_of_word) {
                    edits.push((start..end, new.clone()));
                }
            }
        }
        edits.sort_by(|one, other| one.0.start.cmp(&other.0.start).then_with(|| other.0.end.cmp(&one.0.end)));
        let mut end = 0;
        edits.retain(|(range, _)| {
            let apart = range.start >= end;
            if apart {
                end = range.end;
            }
            apart
        });
        edits
    }

    /// Adds ids with their names.
    pub fn extend(&mut self, names: impl IntoIterator<Item = (String, String)>) {
        self.known.extend(names);
    }

    /// The answer with these names.
    pub fn response(&self, mut response: Response) -> Response {
        if !self.known.is_empty() && response.header("content-encoding").is_none() {
            response.body = response.body.edited(&self.edits(&response.body.bytes()));
        }
        response
    }

    /// The request as it would be asked on replay.
    pub fn request(&self, mut request: Request) -> Request {
        if self.known.is_empty() {
            return request;
        }
        for text in [&mut request.path, &mut request.query] {
            for (range, new) in self.edits(text.as_bytes()).into_iter().rev() {
                text.replace_range(range, &new);
            }
        }
        request.body = apply(&request.body, &self.edits(&request.body));
        request
    }
}

/// Puts answers into the spelling that is kept.
#[derive(Debug, Clone, Copy)]
pub struct Normaliser<'a> {
    /// Says what is volatile.
    pub dialect: &'a Dialect,
    /// The question that is answered.
    pub key: Key,
    /// How many times the owner asked it before.
    pub occurrence: usize,
}

impl Normaliser<'_> {
    /// `response` to a request for `path`, in the spelling that is kept, and the ids that the provider minted in it, in
    /// order. They are added to `renames`.
    pub fn response(
        &self,
        path: &str,
        mut response: Response,
        renames: &mut Renames,
    ) -> (Response, Vec<String>) {
        let mut minted: Vec<String> = Vec::new();
        if response.header("content-encoding").is_some() {
            return (response, minted);
        }
        let framing = match &response.body {
            Body::Whole(_) => None,
            Body::Stream(_) => response.framing(),
        };
        let bytes = response.body.bytes();
        let Ok(text) = std::str::from_utf8(&bytes) else { return (response, minted) };
        let rules: Vec<&Volatile> =
            self.dialect.volatile.iter().filter(|rule| path.ends_with(rule.endpoint)).collect();
        let mut edits = Vec::new();
        for (offset, json) in json_texts(text, framing) {
            edits.extend(edit_scalars(json, offset, |at, token| {
                let rule = rules.iter().find(|rule| points_at(rule.at, at))?;
                self.replacement(rule.kind, token, &mut minted, renames)
            }));
        }
        // Ids that this answer mints come first: a provider with short ids may mint one again that it had before.
        response.body = response.body.edited(&edits);
        response.body = response.body.edited(&renames.edits(&response.body.bytes()));
        (response, minted)
    }

    /// What [`Normaliser::response`] names the ids that it found to be `minted`, one after the other.
    pub fn names(&self, minted: &[String]) -> Vec<String> {
        let name = |(ordinal, id): (usize, &String)| self.name(id, ordinal);
        minted.iter().enumerate().map(name).collect()
    }

    fn name(&self, id: &str, ordinal: usize) -> String {
        format!("{}{}", prefix(id), self.key.name(self.occurrence, ordinal))
    }

    fn replacement(
        &self,
        kind: Kind,
        token: &str,
        minted: &mut Vec<String>,
        renames: &mut Renames,
    ) -> Option<String> {
        let text = token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let number = token.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        let new = match (kind, text) {
            (Kind::Id, Some(old)) if !old.is_empty() => format!("\"{}\"", self.rename(old, minted, renames)),
            (Kind::Timestamp, Some(_)) => "\"1970-01-01T00:00:00Z\"".to_owned(),
            (Kind::Text(fixed), Some(_)) => format!("\"{fixed}\""),
            (Kind::UnixTime, None) if number => "0".to_owned(),
            (Kind::Duration, None) if number => "1".to_owned(),
            _ => return None,
        };
        (new != token).then_some(new)
    }

    fn rename(&self, old: &str, minted: &mut Vec<String>, renames: &mut Renames) -> String {
        let ordinal = minted.iter().position(|known| known == old).unwrap_or_else(|| {
            minted.push(old.to_owned());
            minted.len() - 1
        });
        let new = self.name(old, ordinal);
        renames.known.insert(old.to_owned(), new.clone());
        new
    }
}

/// Whether the last character is part of an escape of JSON: `\n`, `\u00e9`.
fn ends_in_escape(text: &[u8]) -> bool {
    let escape = |length: usize| text.len().checked_sub(length).map(|at| &text[at..]);
    let short = escape(2).is_some_and(|last| last[0] == b'\\' && b"ntrbf".contains(&last[1]));
    short || escape(6).is_some_and(|last| last.starts_with(b"\\u"))
}

/// `chatcmpl-` of `chatcmpl-8f3a`: what says of which kind an id is.
fn prefix(id: &str) -> &str {
    let letters = id.bytes().take_while(u8::is_ascii_alphabetic).count();
    match id.as_bytes().get(letters) {
        Some(b'-' | b'_') if letters > 0 => &id[..=letters],
        _ => "",
    }
}

/// The JSON texts in a body and where they begin.
fn json_texts(text: &str, framing: Option<Framing>) -> Vec<(usize, &str)> {
    let candidates = match framing {
        None => vec![(0, text)],
        Some(Framing::Ndjson) => lines(text).collect(),
        Some(Framing::Sse) => lines(text)
            .filter_map(|(offset, line)| line.strip_prefix("data:").map(|data| (offset + 5, data)))
            .collect(),
        Some(Framing::EventStream) => Vec::new(),
    };
    candidates.into_iter().filter(|(_, json)| is_json(json)).collect()
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive(['\n', '\r']).scan(0, |offset, line| {
        let start = *offset;
        *offset += line.len();
        Some((start, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::dialect::by_name;
    use crate::wire::message::{End, Head};

    fn request(body: &str) -> Request {
        Request {
            provider: "p".into(),
            method: "POST".into(),
            path: "/v1/chat/completions".into(),
            query: String::new(),
            content_type: None,
            body: body.to_owned().into(),
        }
    }

    fn normalised(occurrence: usize, body: &str, renames: &mut Renames) -> String {
        let dialect = by_name("ollama").unwrap();
        let normaliser = Normaliser { dialect, key: Key::of(&request("{}")), occurrence };
        let response = Response {
            head: Some(Head::new(200, vec![("content-type".into(), "application/json".into())])),
            body: Body::Whole(body.to_owned().into()),
            end: End::Complete,
        };
        let body = normaliser.response("/v1/chat/completions", response, renames).0.body.bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[test]
    fn a_short_id_that_is_minted_twice_has_two_names() {
        let mut renames = Renames::default();
        let first = normalised(
            0,
            r#"{"id":"chatcmpl-12","created":1.5e9,"x":"chatcmpl-12 chatcmpl-123"}"#,
            &mut renames,
        );
        let second = normalised(1, r#"{"id":"chatcmpl-12"}"#, &mut renames);
        let id = first.split('"').nth(3).unwrap();
        assert_eq!(first, format!(r#"{{"id":"{id}","created":0,"x":"{id} chatcmpl-123"}}"#));
        assert!(!second.contains(id) && !second.contains("chatcmpl-12\""), "{second}");
        assert_eq!(
            normalised(0, r#"{"id":"chatcmpl-77"}"#, &mut Renames::default()),
            format!(r#"{{"id":"{id}"}}"#)
        );
    }

    #[test]
    fn a_request_that_quotes_a_minted_id_gets_its_name() {
        let mut renames = Renames::default();
        let answer = normalised(
            0,
            r#"{"choices":[{"message":{"tool_calls":[{"id":"call_abc12345"}]}}]}"#,
            &mut renames,
        );
        let name = answer.split('"').nth(9).unwrap();
        let request = renames.request(request(
            r#"{"tool_call_id":"call_abc12345","other":"call_abc123456","in":"\ncall_abc12345"}"#,
        ));
        let text = format!(r#"{{"tool_call_id":"{name}","other":"call_abc123456","in":"\n{name}"}}"#);
        assert_eq!(request.body, text.as_bytes());
    }
}
