//! What an answer says, for a person: streams put together, the envelope left away.

use super::stats::answer_json;
use crate::wire::Assembler;
use crate::wire::message::{Body, Response};
use serde_json::{Value, json};

/// What an answer says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spoken {
    /// The text of the model, what an error says, or what a list holds, in a few words.
    pub text: String,
    /// The tools that are called: names and arguments, as the model wrote them.
    pub tool_calls: Vec<(String, String)>,
    /// Why the model stopped.
    pub finish_reason: Option<String>,
}

/// What `response` says.
pub fn spoken(response: &Response) -> Spoken {
    let documents = answer_json(response);
    let mut assembler = Assembler::default();
    let mut other = String::new();
    for document in &documents {
        match as_delta(document) {
            Some(delta) => assembler.push(&delta),
            None => assembler.push(document),
        }
        other.push_str(&in_other_words(document));
    }
    let mut spoken = Spoken {
        tool_calls: assembler
            .tool_calls
            .iter()
            .map(|call| (call.name.clone(), call.arguments.clone()))
            .collect(),
        finish_reason: assembler.finish_reason,
        text: assembler.text,
    };
    if spoken.text.is_empty() {
        spoken.text = other;
    }
    if spoken.text.is_empty() && spoken.tool_calls.is_empty() && documents.is_empty() {
        spoken.text = bare(&response.body);
    }
    spoken
}

/// A whole answer of OpenAI's chat, in the shape of a stream's only event.
fn as_delta(document: &Value) -> Option<Value> {
    let choice = document.pointer("/choices/0")?;
    let message = choice.get("message")?;
    Some(json!({"choices": [{"index": 0, "delta": message, "finish_reason": choice.get("finish_reason")}]}))
}

/// What documents say that the assembler does not know.
fn in_other_words(document: &Value) -> String {
    if let Some(message) = document.pointer("/error/message").or_else(|| document.get("error")) {
        return message.as_str().map_or_else(|| message.to_string(), str::to_owned);
    }
    // Anthropic's events and answers, and OpenAI's responses.
    if let Some(text) = document.pointer("/delta/text").and_then(Value::as_str) {
        return text.to_owned();
    }
    let outputs = document.get("output").and_then(Value::as_array).into_iter().flatten();
    let parts = outputs.filter_map(|output| output.get("content")).chain(document.get("content"));
    let texts = parts.filter_map(Value::as_array).flatten().filter_map(|part| part.get("text")?.as_str());
    let text: String = texts.collect();
    if text.is_empty() { listed(document) } else { text }
}

/// Lists: of vectors, or of things with names.
fn listed(document: &Value) -> String {
    let lists = ["data", "models", "embeddings"];
    let Some(entries) = lists.iter().find_map(|name| document.get(*name)?.as_array()) else {
        return String::new();
    };
    let vector = entries.first().and_then(|first| first.get("embedding").unwrap_or(first).as_array());
    if let Some(vector) = vector {
        return format!("{} vectors of {} numbers", entries.len(), vector.len());
    }
    let name = |entry: &Value| {
        ["id", "model", "name"].iter().find_map(|name| entry.get(*name)?.as_str().map(str::to_owned))
    };
    let names: Vec<String> = entries.iter().filter_map(name).collect();
    format!("list of {}: {}", entries.len(), names.join(", "))
}

/// A body that is no JSON.
fn bare(body: &Body) -> String {
    let bytes = body.bytes();
    match std::str::from_utf8(&bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => format!("{} bytes that are no text", bytes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::message::{End, Head, Piece};

    fn answer(kind: &str, body: Body) -> Spoken {
        let head = Head::new(200, vec![("content-type".into(), kind.into())]);
        spoken(&Response { head: Some(head), body, end: End::Complete })
    }

    fn whole(text: &str) -> Spoken {
        answer("application/json", Body::Whole(text.as_bytes().to_vec().into()))
    }

    #[test]
    fn whole_answers_are_read_in_every_shape() {
        let chat = whole(
            r#"{"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Saturn",
                "tool_calls": [{"id": "c", "function": {"name": "get", "arguments": "{}"}}]}}]}"#,
        );
        assert_eq!((chat.text.as_str(), chat.finish_reason.as_deref()), ("Saturn", Some("stop")));
        assert_eq!(chat.tool_calls, [("get".to_owned(), "{}".to_owned())]);
        for (text, expected) in [
            (r#"{"choices": [{"index": 0, "text": "Saturn"}]}"#, "Saturn"),
            (r#"{"message": {"content": "Saturn"}, "done": true}"#, "Saturn"),
            (r#"{"type": "message", "content": [{"type": "text", "text": "Saturn"}]}"#, "Saturn"),
            (r#"{"output": [{"type": "message", "content": [{"text": "Saturn"}]}]}"#, "Saturn"),
            (r#"{"error": {"message": "no such model"}}"#, "no such model"),
            (r#"{"data": [{"embedding": [1, 2, 3]}]}"#, "1 vectors of 3 numbers"),
            (r#"{"data": [{"id": "a"}, {"id": "b"}]}"#, "list of 2: a, b"),
            ("plain", "plain"),
        ] {
            assert_eq!(whole(text).text, expected);
        }
    }

    #[test]
    fn a_stream_is_put_together() {
        let text = "data: {\"choices\": [{\"index\": 0, \"delta\": {\"content\": \"Sat\"}}]}\n\n\
                    data: {\"choices\": [{\"index\": 0, \"delta\": {\"content\": \"urn\"}}]}\n\ndata: [DONE]\n\n";
        let cut = text.len() / 2;
        let piece = |part: &str| Piece { at: 0, bytes: part.as_bytes().to_vec().into() };
        let pieces = vec![piece(&text[..cut]), piece(&text[cut..])];
        assert_eq!(answer("text/event-stream", Body::Stream(pieces)).text, "Saturn");
    }
}
