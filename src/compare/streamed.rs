//! A stream: the kinds of its events, and what it says.

use super::said::called;
use crate::wire::{Assembler, NdjsonParser, SseParser};
use serde_json::Value;

/// Kinds kept; runs of one kind count once, so that no usual stream comes near.
const MOST_KINDS: usize = 200;
/// Bytes of the name of a kind.
const LONGEST_KIND: usize = 80;

/// A stream, read.
pub(super) struct Stream {
    /// The kinds of events in their order, each run of the same once.
    pub(super) kinds: Vec<String>,
    /// Those that are JSON.
    pub(super) events: Vec<Value>,
    /// The text, and the calls of tools a line each.
    pub(super) text: String,
}

/// Reads a body of this content type; `None` if it is no stream.
pub(super) fn parse(essence: &str, body: &[u8]) -> Option<Stream> {
    let raw: Vec<(Option<String>, String)> = match essence {
        "text/event-stream" => {
            let mut parser = SseParser::default();
            let events = parser.push(body).ok()?;
            events.into_iter().map(|event| (event.event, event.data)).collect()
        }
        "application/x-ndjson" => {
            let mut parser = NdjsonParser::default();
            let lines = parser.push(body).ok()?;
            lines.into_iter().chain(parser.finish()).map(|line| (None, line.text)).collect()
        }
        _ => return None,
    };
    let mut assembler = Assembler::default();
    let (mut kinds, mut events): (Vec<String>, Vec<Value>) = (Vec::new(), Vec::new());
    for (name, data) in raw {
        let event = serde_json::from_str(&data).ok();
        let kind = kind(name, &data, event.as_ref());
        if kinds.last() != Some(&kind) && kinds.len() < MOST_KINDS {
            kinds.push(kind);
        }
        if let Some(event) = event {
            assembler.push(&event);
            events.push(event);
        }
    }
    let mut text = std::mem::take(&mut assembler.text);
    for call in &assembler.tool_calls {
        text.push_str(&format!("\n{}", called(&call.to_json()["function"])));
    }
    Some(Stream { kinds, events, text })
}

/// What kind of event it is: its name or type; of a piece of a chat, what it brings.
fn kind(name: Option<String>, data: &str, event: Option<&Value>) -> String {
    let Some(event) = event else {
        return if data == "[DONE]" { data.to_owned() } else { "text".to_owned() };
    };
    let typed = || event["type"].as_str().map(str::to_owned);
    let kind = name.or_else(typed).unwrap_or_else(|| brought(event));
    if kind.len() > LONGEST_KIND { "(a long name)".to_owned() } else { kind }
}

fn brought(event: &Value) -> String {
    if event.get("error").is_some_and(|error| !error.is_null()) {
        return "error".to_owned();
    }
    let present = |value: &Value| !value.is_null() && value != "" && value != &Value::Array(Vec::new());
    let mut parts = Vec::new();
    if let Some(choices) = event["choices"].as_array() {
        for choice in choices {
            let delta = choice["delta"].as_object().into_iter().flatten();
            // The first piece often has the role and an empty text, or no text at all: the same to a reader.
            parts.extend(delta.filter(|(_, value)| present(value)).map(|(name, _)| name.as_str()));
            parts.extend(present(&choice["text"]).then_some("text"));
            parts.extend(present(&choice["finish_reason"]).then_some("finish_reason"));
        }
        parts.extend(present(&event["usage"]).then_some("usage"));
    } else if let Some(done) = event["done"].as_bool() {
        parts.push(if done { "done" } else { "piece" });
    } else {
        return event["object"].as_str().unwrap_or("event").to_owned();
    }
    parts.sort_unstable();
    parts.dedup();
    if parts.is_empty() { "empty".to_owned() } else { parts.join("+") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_is_told_by_what_its_pieces_bring() {
        let body = r#"data: {"choices":[{"delta":{"role":"assistant","content":""}}]}

data: {"choices":[{"delta":{"content":"Sat"}}]}

data: {"choices":[{"delta":{"content":"urn"}}]}

data: {"choices":[{"delta":{},"finish_reason":"stop"}]}

data: {"choices":[],"usage":{"total_tokens":3}}

data: [DONE]

"#;
        let stream = parse("text/event-stream", body.as_bytes()).unwrap();
        assert_eq!(stream.kinds, ["role", "content", "finish_reason", "usage", "[DONE]"]);
        assert_eq!(stream.text, "Saturn");
    }

    #[test]
    fn events_with_names_or_types_are_told_by_them() {
        let body = "event: response.created\ndata: {}\n\ndata: {\"type\":\"response.completed\"}\n\ndata: {\"error\":{}}\n\n";
        let stream = parse("text/event-stream", body.as_bytes()).unwrap();
        assert_eq!(stream.kinds, ["response.created", "response.completed", "error"]);
        assert!(parse("application/json", b"{}").is_none());
    }
}
