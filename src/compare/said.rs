//! What an answer says.

use super::volatile::{masked, settled};
use serde_json::Value;

/// Bytes kept of what is said, for showing where two differ; whether they do, a hash of all of it tells.
const KEPT: usize = 4 * 1024;

/// What an answer says: the model's words where there are some, else the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    hash: blake3::Hash,
    /// Whether it is the whole body of an answer that has no words of a model.
    pub(super) is_body: bool,
    /// How it begins.
    pub(super) beginning: String,
}

impl Said {
    /// Of a text as it is.
    pub(super) fn text(text: &str) -> Self {
        let text = masked(text);
        let end = end_of_word(&text);
        Self { hash: blake3::hash(text.as_bytes()), is_body: false, beginning: text[..end].to_owned() }
    }

    /// Of a body that is no JSON; it may be lines of it, whose order then says nothing: results come as they are ready.
    pub(super) fn lines_or_text(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let lines: Result<Vec<Value>, _> = lines.map(serde_json::from_str).collect();
        let Ok(lines) = lines else { return Self::text(text) };
        let mut lines: Vec<String> = lines.iter().map(|line| settled(line).to_string()).collect();
        lines.sort();
        Self::text(&lines.join("\n"))
    }

    /// Of an answer that says nothing of its own.
    pub(super) fn nothing() -> Self {
        Self::text("")
    }

    /// Of a JSON body.
    pub(super) fn json(body: &Value) -> Self {
        let words = words(body);
        if words.is_empty() {
            Self { is_body: true, ..Self::text(&settled(body).to_string()) }
        } else {
            Self::text(&words.join("\n"))
        }
    }
}

/// Where to cut: where no word is cut in two. Half a secret would no longer be known for one.
fn end_of_word(text: &str) -> usize {
    if text.len() <= KEPT {
        return text.len();
    }
    let hard = (0..=KEPT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..hard].rfind(|c: char| c.is_whitespace() || c == '"').unwrap_or(0)
}

/// What the model says in a body that is not streamed: texts and calls of tools, as chat completions, completions,
/// responses and Ollama have them.
fn words(body: &Value) -> Vec<String> {
    let mut words = Vec::new();
    let mut add = |value: &Value| words.extend(value.as_str().map(str::to_owned));
    for choice in list(&body["choices"]) {
        add(&choice["message"]["content"]);
        add(&choice["text"]);
    }
    for item in list(&body["output"]) {
        list(&item["content"]).iter().for_each(|part| add(&part["text"]));
    }
    if body.get("done").is_some_and(Value::is_boolean) {
        add(&body["message"]["content"]);
        add(&body["response"]);
    }
    for choice in list(&body["choices"]) {
        list(&choice["message"]["tool_calls"]).iter().for_each(|call| words.push(called(&call["function"])));
    }
    let calls = list(&body["output"]).iter().filter(|item| item["type"] == "function_call");
    words.extend(calls.map(called));
    words
}

/// A call of a tool: `get_weather({"city":"Paris"})`.
pub(super) fn called(function: &Value) -> String {
    let arguments = match &function["arguments"] {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(arguments) => settled(&arguments).to_string(),
            Err(_) => text.clone(),
        },
        other => settled(other).to_string(),
    };
    format!("{}({arguments})", function["name"].as_str().unwrap_or_default())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_words_of_each_dialect_are_found() {
        let call = json!({"name": "get", "arguments": "{\"b\": 1, \"a\": 2}"});
        for body in [
            json!({"choices": [{"message": {"content": "hello"}}], "usage": {"total_tokens": 7}}),
            json!({"choices": [{"text": "hello"}], "id": "cmpl-1"}),
            json!({"output": [{"type": "message", "content": [{"type": "output_text", "text": "hello"}]}]}),
            json!({"done": true, "message": {"content": "hello"}}),
        ] {
            assert_eq!(Said::json(&body), Said::text("hello"), "{body}");
        }
        let calls = json!({"choices": [{"message": {"content": null, "tool_calls": [{"id": "call_1", "function": call}]}}]});
        assert_eq!(Said::json(&calls).beginning, r#"get({"a":2,"b":1})"#);
    }

    #[test]
    fn lines_of_results_say_the_same_in_any_order() {
        let one = Said::lines_or_text("{\"id\":\"a\",\"n\":1}\n{\"n\":2}\n");
        assert_eq!(one, Said::lines_or_text("{\"n\":2}\n{\"n\":1,\"id\":\"b\"}"));
        assert_ne!(one, Said::lines_or_text("{\"n\":2}"));
    }

    #[test]
    fn beyond_what_is_kept_a_difference_is_still_seen() {
        let long = format!("hello {}", "é".repeat(KEPT));
        let (one, other) = (Said::text(&long), Said::text(&format!("{long}!")));
        assert_eq!([one.beginning.as_str(), &other.beginning], ["hello", "hello"]);
        assert_ne!(one, other);
    }
}
