//! Bytes as something a person can review in a diff, when that gives the exact bytes back.

use crate::wire::dialect::Framing;
use crate::wire::eventstream::{self, Frame, HeaderValue};
use crate::wire::json_text::{Style, depth, is_json, pretty, render};
use crate::wire::message::Piece;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::ops::Range;

/// JSON that is nested deeper is kept as text: indentation would make it grow with the square of its depth.
const DEEPEST: usize = 64;

/// A JSON string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// JSON that is laid out in one of the known styles.
struct Json<'a> {
    text: &'a str,
    style: Style,
    /// White space behind it.
    after: &'a str,
}

impl<'a> Json<'a> {
    fn in_text(text: &'a str) -> Option<Self> {
        if !text.starts_with(['{', '[']) || !is_json(text) || depth(text) > DEEPEST {
            return None;
        }
        let json = text.trim_end_matches(['\n', '\r', ' ', '\t']);
        let style = Style::ALL.into_iter().find(|style| render(json, *style) == json)?;
        Some(Self { text: json, style, after: &text[json.len()..] })
    }
}

/// The members of the object that stands for a body, at indentation `level`.
pub(super) fn body(bytes: &[u8], level: usize) -> String {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return format!("{{\"base64\": {}}}", quoted(&STANDARD.encode(bytes)));
    };
    let Some(json) = Json::in_text(text) else { return format!("{{\"text\": {}}}", quoted(text)) };
    let mut out = format!("{{\"json\": {}", pretty(json.text, level));
    if json.style != Style::Compact {
        out.push_str(&format!(", \"style\": {}", quoted(json.style.name())));
    }
    if !json.after.is_empty() {
        out.push_str(&format!(", \"after\": {}", quoted(json.after)));
    }
    out.push('}');
    out
}

/// The list that says how a body without events came: milliseconds and bytes of each piece.
pub(super) fn pieces(pieces: &[Piece]) -> String {
    let pairs: Vec<String> =
        pieces.iter().map(|piece| format!("[{}, {}]", piece.at, piece.bytes.len())).collect();
    format!("[{}]", pairs.join(", "))
}

/// The entries of the list that stands for a stream: one for each event, `at` where a new piece begins.
pub(super) fn stream(pieces: &[Piece], framing: Framing) -> Vec<String> {
    let all: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect();
    let events = match framing {
        Framing::Sse | Framing::Ndjson => text_events(&all, framing),
        Framing::EventStream => frames(&all),
    };
    let mut entries = Vec::new();
    let mut start = 0;
    for piece in pieces {
        let end = start + piece.bytes.len();
        let mut at = Some(piece.at);
        while start < end {
            let event = &events[events.partition_point(|event| event.end <= start)];
            let cut = event.end.min(end);
            let whole = event.start == start && event.end == cut;
            let entry =
                if whole { event_entry(&all[start..cut], framing) } else { raw_entry(&all[start..cut]) };
            let at = at.take().map_or(String::new(), |at| format!("\"at\": {at}, "));
            entries.push(format!("{{{at}{entry}}}"));
            start = cut;
        }
    }
    entries
}

/// Where events begin and end; what follows the last one counts as one.
fn text_events(all: &[u8], framing: Framing) -> Vec<Range<usize>> {
    let mut events = Vec::new();
    let mut start = 0;
    for at in 0..all.len() {
        let ends = match framing {
            Framing::Ndjson => all[at] == b'\n',
            _ => {
                all[at] == b'\n' && (all[..at].ends_with(b"\n") || all[..at].ends_with(b"\n\r"))
                    || all[at] == b'\r' && all[..at].ends_with(b"\r")
            }
        };
        if ends && at + 1 > start {
            events.push(start..at + 1);
            start = at + 1;
        }
    }
    if start < all.len() {
        events.push(start..all.len());
    }
    events
}

/// Where frames begin and end; from the first one that is none on, everything counts as one.
fn frames(all: &[u8]) -> Vec<Range<usize>> {
    let mut frames = Vec::new();
    let mut start = 0;
    while start < all.len() {
        let length = eventstream::first(&all[start..]).map_or(all.len() - start, <[u8]>::len);
        frames.push(start..start + length);
        start += length;
    }
    frames
}

fn event_entry(bytes: &[u8], framing: Framing) -> String {
    let text = || std::str::from_utf8(bytes).ok();
    let entry = match framing {
        Framing::Sse => text().and_then(sse_entry),
        Framing::Ndjson => {
            text().and_then(|text| text.strip_suffix('\n')).and_then(|line| json_entry("line", line))
        }
        Framing::EventStream => frame_entry(bytes),
    };
    entry.unwrap_or_else(|| raw_entry(bytes))
}

/// A frame with JSON in it and nothing but texts in its headers, as Bedrock sends them.
fn frame_entry(bytes: &[u8]) -> Option<String> {
    let frame = Frame::read(bytes).ok().filter(|frame| frame.write().as_deref() == Some(bytes))?;
    let headers: Option<Vec<String>> = frame
        .headers
        .iter()
        .map(|(name, value)| match value {
            HeaderValue::Text(text) => Some(format!("[{}, {}]", quoted(name), quoted(text))),
            _ => None,
        })
        .collect();
    let payload = json_entry("frame", std::str::from_utf8(&frame.payload).ok()?)?;
    Some(format!("\"headers\": [{}], {payload}", headers?.join(", ")))
}

fn sse_entry(text: &str) -> Option<String> {
    let eol = if text.ends_with("\r\n\r\n") { "\r\n" } else { "\n" };
    let event = text.strip_suffix(eol)?.strip_suffix(eol)?;
    let (name, data) = match event.strip_prefix("event: ") {
        Some(rest) => {
            let (name, rest) = rest.split_once(eol)?;
            (Some(name), rest)
        }
        None => (None, event),
    };
    let data = json_entry("data", data.strip_prefix("data: ")?)?;
    let name = name.map_or(String::new(), |name| format!("\"event\": {}, ", quoted(name)));
    let eol = if eol == "\n" { "" } else { ", \"eol\": \"crlf\"" };
    Some(name + &data + eol)
}

fn json_entry(key: &str, text: &str) -> Option<String> {
    let json = Json::in_text(text).filter(|json| json.after.is_empty() && json.style != Style::Indented)?;
    let style = match json.style {
        Style::Compact => String::new(),
        style => format!(", \"style\": {}", quoted(style.name())),
    };
    Some(format!("\"{key}\": {}{style}", json.text))
}

fn raw_entry(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => format!("\"text\": {}", quoted(text)),
        Err(_) => format!("\"base64\": {}", quoted(&STANDARD.encode(bytes))),
    }
}
