//! What changed between two recordings of the same case, call by call.

use super::spoken::spoken;
use super::stats::answer_json;
use super::{Question, Rules, Set};
use crate::wire::message::{Body, Exchange, Request, Response};
use serde_json::{Value, json};
use std::collections::HashMap;

/// A call that is not as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What became of it.
    pub kind: ChangeKind,
    /// Its place in the new set, from 0; in the old one for a call that is gone.
    pub call: usize,
    /// Provider, method and path.
    pub request: String,
    /// What differs, and how.
    pub differences: Vec<Pointed>,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Something else is asked in its place.
    Request,
    /// The same is asked, and something else answered.
    Answer,
    /// The same is asked and answered; it came at other times or in other pieces.
    Timing,
}

impl ChangeKind {
    /// The words in what is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Request => "request changed",
            Self::Answer => "answer changed",
            Self::Timing => "only timing",
        }
    }
}

/// A value that is not as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Pointed {
    /// Where: a JSON pointer below `request` or `response`.
    pub pointer: String,
    /// What was there; `None` where nothing was.
    pub was: Option<Value>,
    /// What is there; `None` where nothing is.
    pub now: Option<Value>,
}

/// What changed from `old` to `new`, in the order of the calls, those that are gone last.
pub fn changes(old: &Set, new: &Set) -> Vec<Change> {
    // As sent: a declared rule hides no change from who reviews one.
    let rules = Rules::default();
    let mut left: HashMap<Question, Vec<usize>> = old.index(&rules);
    left.values_mut().for_each(|places| places.reverse());
    let (mut changes, mut unmatched) = (Vec::new(), Vec::new());
    for (place, exchange) in new.exchanges.iter().enumerate() {
        match left.get_mut(&Question::of(&exchange.request, &rules)).and_then(Vec::pop) {
            Some(known) => changes.extend(answer_change(place, &old.exchanges[known], exchange)),
            None => unmatched.push(place),
        }
    }
    let mut gone: Vec<usize> = left.into_values().flatten().collect();
    gone.sort_unstable();
    for place in unmatched {
        let exchange = &new.exchanges[place];
        let was = gone.iter().position(|old_place| same_place(&old.exchanges[*old_place], exchange));
        changes.push(match was.map(|at| gone.remove(at)) {
            Some(known) => request_change(place, &old.exchanges[known], exchange),
            None => change(ChangeKind::Added, place, exchange, Vec::new()),
        });
    }
    changes.sort_by_key(|change| change.call);
    changes.extend(
        gone.into_iter().map(|place| change(ChangeKind::Removed, place, &old.exchanges[place], Vec::new())),
    );
    changes
}

fn change(kind: ChangeKind, call: usize, exchange: &Exchange, differences: Vec<Pointed>) -> Change {
    let Request { provider, method, path, .. } = &exchange.request;
    Change { kind, call, request: format!("{provider} {method} {path}"), differences }
}

fn same_place(one: &Exchange, other: &Exchange) -> bool {
    let place = |exchange: &Exchange| {
        let Request { provider, method, path, .. } = &exchange.request;
        (provider.clone(), method.clone(), path.clone())
    };
    place(one) == place(other)
}

fn answer_change(place: usize, old: &Exchange, new: &Exchange) -> Option<Change> {
    if old.response == new.response {
        return None;
    }
    if old.response.says_what(&new.response) {
        return Some(change(ChangeKind::Timing, place, new, Vec::new()));
    }
    Some(change(ChangeKind::Answer, place, new, answer_differences(&old.response, &new.response)))
}

fn request_change(place: usize, old: &Exchange, new: &Exchange) -> Change {
    let mut found = Vec::new();
    differ("/request", &request_value(&old.request), &request_value(&new.request), &mut found);
    if !old.response.says_what(&new.response) {
        found.extend(answer_differences(&old.response, &new.response));
    }
    change(ChangeKind::Request, place, new, found)
}

fn request_value(request: &Request) -> Value {
    json!({"query": request.query, "content_type": request.content_type, "body": body_value(&request.body)})
}

fn body_value(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| match std::str::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(_) => Value::from(format!("{} bytes, {}", bytes.len(), &blake3::hash(bytes).to_hex()[..16])),
    })
}

/// Where two answers differ. Of streams, what they say counts first: that a text was cut into other events says little.
fn answer_differences(old: &Response, new: &Response) -> Vec<Pointed> {
    let head = |response: &Response| match &response.head {
        Some(head) => json!({"status": head.status, "headers": head.headers, "end": response.end.name()}),
        None => json!({"end": response.end.name()}),
    };
    let mut found = Vec::new();
    differ("/response", &head(old), &head(new), &mut found);
    match (&old.body, &new.body) {
        (Body::Whole(one), Body::Whole(other)) => {
            differ("/response/body", &body_value(one), &body_value(other), &mut found);
        }
        (Body::Stream(_), Body::Stream(_)) => {
            let said = |response: &Response| {
                let said = spoken(response);
                json!({"text": said.text, "tool_calls": said.tool_calls, "finish_reason": said.finish_reason})
            };
            differ("/response/stream", &said(old), &said(new), &mut found);
            if found.is_empty() {
                let events = |response: &Response| Value::from(answer_json(response));
                differ("/response/stream", &events(old), &events(new), &mut found);
            }
        }
        (one, _) => {
            let kind = |streamed| Some(Value::from(if streamed { "stream" } else { "body" }));
            let was = matches!(one, Body::Stream(_));
            found.push(Pointed { pointer: "/response".into(), was: kind(was), now: kind(!was) });
        }
    }
    if found.is_empty() {
        // The same values in another spelling, or text around the events.
        let bytes = |response: &Response| Some(Value::from(format!("{} bytes", response.body.bytes().len())));
        found.push(Pointed { pointer: "/response".into(), was: bytes(old), now: bytes(new) });
    }
    found
}

/// Adds where `now` is not `was`, deepest pointers only.
fn differ(pointer: &str, was: &Value, now: &Value, found: &mut Vec<Pointed>) {
    match (was, now) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in one {
                let pointer = step(pointer, key);
                match other.get(key) {
                    Some(now) => differ(&pointer, value, now, found),
                    None => found.push(Pointed { pointer, was: Some(value.clone()), now: None }),
                }
            }
            for (key, value) in other.iter().filter(|(key, _)| !one.contains_key(*key)) {
                found.push(Pointed { pointer: step(pointer, key), was: None, now: Some(value.clone()) });
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for at in 0..one.len().max(other.len()) {
                let pointer = format!("{pointer}/{at}");
                match (one.get(at), other.get(at)) {
                    (Some(was), Some(now)) => differ(&pointer, was, now, found),
                    (was, now) => found.push(Pointed { pointer, was: was.cloned(), now: now.cloned() }),
                }
            }
        }
        (one, other) if one == other => {}
        (one, other) => {
            let pointer = pointer.to_owned();
            found.push(Pointed { pointer, was: Some(one.clone()), now: Some(other.clone()) });
        }
    }
}

fn step(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Owner;
    use crate::wire::message::{End, Head, Piece};

    fn exchange(body: &str, answer: Body) -> Exchange {
        let request = Request {
            provider: "p".into(),
            method: "POST".into(),
            path: "/v1/chat/completions".into(),
            query: String::new(),
            content_type: None,
            body: body.as_bytes().to_vec().into(),
        };
        let headers = vec![("content-type".to_owned(), "text/event-stream".to_owned())];
        Exchange {
            request,
            response: Response { head: Some(Head::new(200, headers)), body: answer, end: End::Complete },
        }
    }

    fn whole(text: &str) -> Body {
        Body::Whole(text.as_bytes().to_vec().into())
    }

    fn streamed(at: u64, words: &[&str]) -> Body {
        let event = |word: &&str| {
            let text = format!(
                "data: {{\"choices\": [{{\"index\": 0, \"delta\": {{\"content\": \"{word}\"}}}}]}}\n\n"
            );
            Piece { at, bytes: text.into() }
        };
        Body::Stream(words.iter().map(event).collect())
    }

    fn set(exchanges: Vec<Exchange>) -> Set {
        Set { owner: Owner::Session, exchanges }
    }

    fn kinds(old: Vec<Exchange>, new: Vec<Exchange>) -> Vec<(ChangeKind, usize, Vec<String>)> {
        let told = |change: Change| {
            let pointers = change.differences.into_iter().map(|difference| difference.pointer).collect();
            (change.kind, change.call, pointers)
        };
        changes(&set(old), &set(new)).into_iter().map(told).collect()
    }

    #[test]
    fn each_kind_of_change_is_told_apart() {
        let one = exchange(r#"{"a": 1}"#, whole(r#"{"b": [1, {"c": 2}]}"#));
        assert_eq!(kinds(vec![one.clone()], vec![one.clone()]), []);
        let answered = exchange(r#"{"a": 1.0}"#, whole(r#"{"b": [1, {"c": 3}]}"#));
        assert_eq!(
            kinds(vec![one.clone()], vec![answered]),
            [(ChangeKind::Answer, 0, vec!["/response/body/b/1/c".to_owned()])]
        );
        let asked = exchange(r#"{"a": 2, "x/y": 0}"#, one.response.body.clone());
        assert_eq!(
            kinds(vec![one.clone()], vec![asked]),
            [(ChangeKind::Request, 0, vec!["/request/body/a".to_owned(), "/request/body/x~1y".to_owned()])]
        );
        let mut elsewhere = one.clone();
        elsewhere.request.path = "/v1/embeddings".into();
        assert_eq!(
            kinds(vec![one.clone()], vec![elsewhere]),
            [(ChangeKind::Added, 0, vec![]), (ChangeKind::Removed, 0, vec![])]
        );
    }

    #[test]
    fn of_a_stream_what_it_says_counts() {
        let old = vec![exchange("{}", streamed(1, &["Sat", "urn"]))];
        let later = vec![exchange("{}", streamed(900, &["Sat", "urn"]))];
        assert_eq!(kinds(old.clone(), later), [(ChangeKind::Timing, 0, vec![])]);
        let other = vec![exchange("{}", streamed(1, &["Ju", "pi", "ter"]))];
        assert_eq!(
            kinds(old.clone(), other),
            [(ChangeKind::Answer, 0, vec!["/response/stream/text".to_owned()])]
        );
        let recut = kinds(old, vec![exchange("{}", streamed(1, &["Satu", "rn"]))]);
        assert!(recut[0].2.iter().all(|pointer| pointer.starts_with("/response/stream/")), "{recut:?}");
    }
}
