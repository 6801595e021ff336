//! A streamed answer, put together, with the time at which each event came.

use super::answer::{Answer, Trouble};
use super::observed::Observed;
use crate::wire::{Assembler, NdjsonParser, SseParser};
use serde_json::Value;
use std::time::Duration;

/// A streamed answer.
#[derive(Debug)]
pub(super) struct Streamed {
    /// The data of each event but a closing `[DONE]`, as JSON where it is JSON.
    pub(super) events: Value,
    /// The data of the last event, `[DONE]` too.
    pub(super) last: Option<Value>,
    /// When each event came, `[DONE]` too, from the sending of the request.
    pub(super) arrivals: Vec<Duration>,
    /// Events that say that something failed.
    pub(super) errors: usize,
    /// Whether the body ended in the middle of an event.
    pub(super) inside_event: bool,
    pub(super) text: Value,
    pub(super) tool_calls: Value,
    pub(super) finish_reason: Option<Value>,
    pub(super) usage: Option<Value>,
}

/// An event before it is looked at: its name, its data, where it ended.
type Raw = (Option<String>, String, usize);

const DONE: &str = "[DONE]";

impl Streamed {
    pub(super) fn parse(answer: &Answer<'_>) -> Result<Self, Trouble> {
        let trouble = |what: String, actual: String| Trouble {
            what,
            expected: "server-sent events or lines of JSON",
            actual,
        };
        let content_type = answer.header("content-type").next().unwrap_or("no content type");
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body = &answer.observed.body;
        let (raw, inside_event) = match essence.as_str() {
            "text/event-stream" => server_sent(body),
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines" => lines(body),
            _ => {
                let actual =
                    format!("{content_type} (status {}): {}", answer.observed.status, answer.start());
                return Err(trouble("the answer is no stream".into(), actual));
            }
        }
        .map_err(|error| trouble(error.to_string(), answer.start()))?;
        Ok(Self::assemble(raw, inside_event, answer.observed))
    }

    fn assemble(raw: Vec<Raw>, inside_event: bool, observed: &Observed) -> Self {
        let mut assembler = Assembler::default();
        let (mut events, mut arrivals, mut last, mut errors) = (Vec::new(), Vec::new(), None, 0);
        for (name, data, end) in raw {
            arrivals.push(arrival(observed, end));
            if data == DONE {
                last = Some(Value::from(DONE));
                continue;
            }
            let event = serde_json::from_str(&data).unwrap_or(Value::String(data));
            errors += usize::from(is_error(name.as_deref(), &event));
            assembler.push(&event);
            events.push(event);
            last = None;
        }
        Self {
            last: last.or_else(|| events.last().cloned()),
            events: Value::Array(events),
            arrivals,
            errors,
            inside_event,
            tool_calls: assembler.tool_calls_json(),
            text: assembler.text.into(),
            finish_reason: assembler.finish_reason.map(Value::from),
            usage: assembler.usage,
        }
    }

    /// The number of events, a closing `[DONE]` not counted.
    pub(super) fn count(&self) -> usize {
        self.list().len()
    }

    /// The data of the events.
    pub(super) fn list(&self) -> &[Value] {
        self.events.as_array().map_or(&[], Vec::as_slice)
    }

    /// The longest pause between two events.
    pub(super) fn longest_gap(&self) -> Option<Duration> {
        let pauses = self.arrivals.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        pauses.max().or_else(|| self.arrivals.first().map(|_| Duration::ZERO))
    }
}

fn server_sent(body: &[u8]) -> Result<(Vec<Raw>, bool), crate::wire::TooLong> {
    let mut parser = SseParser::default();
    let events = parser.push(body)?;
    Ok((
        events.into_iter().map(|event| (event.event, event.data, event.end)).collect(),
        parser.is_inside_event(),
    ))
}

fn lines(body: &[u8]) -> Result<(Vec<Raw>, bool), crate::wire::TooLong> {
    let mut parser = NdjsonParser::default();
    let mut lines = parser.push(body)?;
    lines.extend(parser.finish());
    Ok((lines.into_iter().map(|line| (None, line.text, line.end)).collect(), false))
}

/// When the piece came that holds the byte before `end`.
fn arrival(observed: &Observed, end: usize) -> Duration {
    let at = observed.chunks.partition_point(|chunk| chunk.end < end);
    observed.chunks.get(at).map_or(observed.duration, |chunk| chunk.at)
}

/// Providers say in the middle of a stream that something failed: as an event of that name (or type), or as an object
/// with an `error`.
fn is_error(name: Option<&str>, event: &Value) -> bool {
    name == Some("error")
        || matches!(event["type"].as_str(), Some("error" | "response.failed"))
        || event.get("error").is_some_and(|error| !error.is_null())
}
