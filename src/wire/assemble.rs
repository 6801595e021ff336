//! The whole answer out of the pieces a model streams.
//!
//! Knows the stream shapes of OpenAI (chat completions, completions, responses) and of Ollama. Only the first choice
//! (`index` 0) is put together: tests that ask for several look at the events themselves.

use serde_json::{Map, Value, json};

/// A tool call, put together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// Its id; empty where the provider gives none (Ollama).
    pub id: String,
    /// The function's name.
    pub name: String,
    /// The arguments, as the JSON text that the model wrote.
    pub arguments: String,
    /// What its pieces are known by.
    key: Key,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Key {
    #[default]
    None,
    Index(u64),
    Item(String),
}

impl ToolCall {
    /// The shape of OpenAI's `tool_calls`.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "type": "function",
            "function": { "name": self.name, "arguments": self.arguments },
        })
    }
}

/// Takes one streamed JSON event after the other and keeps the answer so far.
#[derive(Debug, Clone, Default)]
pub struct Assembler {
    /// The text so far.
    pub text: String,
    /// The tool calls so far.
    pub tool_calls: Vec<ToolCall>,
    /// Why it ended: `finish_reason`, Ollama's `done_reason`, the status of a response.
    pub finish_reason: Option<String>,
    /// The last usage block; Ollama's counts under OpenAI's names.
    pub usage: Option<Value>,
}

impl Assembler {
    /// Adds an event.
    pub fn push(&mut self, event: &Value) {
        if let Some(kind) =
            event.get("type").and_then(Value::as_str).filter(|kind| kind.starts_with("response."))
        {
            self.response(kind, event);
        } else if let Some(choices) = event.get("choices").and_then(Value::as_array) {
            choices
                .iter()
                .filter(|choice| choice["index"].as_u64().unwrap_or(0) == 0)
                .for_each(|c| self.choice(c));
        } else if event.get("done").is_some_and(Value::is_boolean) {
            self.ollama(event);
        }
        if let Some(usage) = event.get("usage").filter(|usage| usage.is_object()) {
            self.usage = Some(usage.clone());
        }
    }

    /// The tool calls as a JSON list.
    pub fn tool_calls_json(&self) -> Value {
        self.tool_calls.iter().map(ToolCall::to_json).collect()
    }

    fn choice(&mut self, choice: &Value) {
        let delta = &choice["delta"];
        self.add_text(delta.get("content").or_else(|| choice.get("text")));
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            self.chat_call(call);
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.finish_reason = Some(reason.to_owned());
        }
    }

    /// A piece of a call names its place by `index`; providers that leave it out send whole calls, each with an id.
    fn chat_call(&mut self, piece: &Value) {
        let id = piece["id"].as_str().unwrap_or_default();
        let key = match piece["index"].as_u64() {
            Some(index) => Key::Index(index),
            None if !id.is_empty() => Key::Item(id.to_owned()),
            None => self.tool_calls.last().map_or(Key::None, |call| call.key.clone()),
        };
        let call = self.call(key);
        if !id.is_empty() {
            id.clone_into(&mut call.id);
        }
        let function = &piece["function"];
        if let Some(name) = function["name"].as_str() {
            call.name.push_str(name);
        }
        if let Some(arguments) = function["arguments"].as_str() {
            call.arguments.push_str(arguments);
        }
    }

    fn call(&mut self, key: Key) -> &mut ToolCall {
        let at = self.tool_calls.iter().position(|call| call.key == key).unwrap_or_else(|| {
            self.tool_calls.push(ToolCall { key, ..ToolCall::default() });
            self.tool_calls.len() - 1
        });
        &mut self.tool_calls[at]
    }

    fn response(&mut self, kind: &str, event: &Value) {
        let item = |id: &Value| Key::Item(id.as_str().unwrap_or_default().to_owned());
        match kind {
            "response.output_text.delta" => self.add_text(event.get("delta")),
            "response.output_item.added" if event["item"]["type"] == "function_call" => {
                let added = &event["item"];
                let call = self.call(item(&added["id"]));
                call.id = added["call_id"].as_str().unwrap_or_default().to_owned();
                call.name = added["name"].as_str().unwrap_or_default().to_owned();
            }
            "response.function_call_arguments.delta" => {
                let delta = event["delta"].as_str().unwrap_or_default();
                self.call(item(&event["item_id"])).arguments.push_str(delta);
            }
            "response.completed" | "response.failed" | "response.incomplete" => {
                let response = &event["response"];
                self.finish_reason = response["status"].as_str().map(str::to_owned);
                self.usage = response.get("usage").filter(|usage| usage.is_object()).cloned();
            }
            _ => {}
        }
    }

    fn ollama(&mut self, event: &Value) {
        self.add_text(event["message"].get("content").or_else(|| event.get("response")));
        for call in event["message"]["tool_calls"].as_array().into_iter().flatten() {
            let function = &call["function"];
            self.tool_calls.push(ToolCall {
                name: function["name"].as_str().unwrap_or_default().to_owned(),
                arguments: function["arguments"].to_string(),
                ..ToolCall::default()
            });
        }
        if event["done"] == true {
            self.finish_reason = Some(event["done_reason"].as_str().unwrap_or("stop").to_owned());
            self.usage = ollama_usage(event);
        }
    }

    fn add_text(&mut self, piece: Option<&Value>) {
        self.text.push_str(piece.and_then(Value::as_str).unwrap_or_default());
    }
}

fn ollama_usage(event: &Value) -> Option<Value> {
    let output = event["eval_count"].as_u64()?;
    // Ollama leaves the prompt's count out when it was cached.
    let prompt = event["prompt_eval_count"].as_u64().unwrap_or(0);
    let mut usage = Map::new();
    usage.insert("prompt_tokens".into(), prompt.into());
    usage.insert("completion_tokens".into(), output.into());
    usage.insert("total_tokens".into(), prompt.saturating_add(output).into());
    Some(Value::Object(usage))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assemble(events: Value) -> Assembler {
        let mut assembler = Assembler::default();
        events.as_array().unwrap().iter().for_each(|event| assembler.push(event));
        assembler
    }

    #[test]
    fn chat_deltas_make_a_text_and_calls() {
        let made = assemble(json!([
            {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
            {"choices": [{"index": 0, "delta": {"content": "Sat"}}, {"index": 1, "delta": {"content": "X"}}]},
            {"choices": [{"index": 0, "delta": {"content": "urn"}}]},
            {"choices": [{"index": 0, "delta": {"tool_calls": [
                {"index": 0, "id": "call_1", "type": "function", "function": {"name": "get", "arguments": ""}}]}}]},
            {"choices": [{"index": 0, "delta": {"tool_calls": [
                {"index": 1, "id": "call_2", "function": {"name": "put", "arguments": "{}"}}]}}]},
            {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{\"a\""}}]}}]},
            {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}], "usage": null},
            {"choices": [], "usage": {"total_tokens": 7}},
        ]));
        assert_eq!(made.text, "Saturn");
        assert_eq!(
            made.tool_calls_json(),
            json!([
                {"id": "call_1", "type": "function", "function": {"name": "get", "arguments": "{\"a\":1}"}},
                {"id": "call_2", "type": "function", "function": {"name": "put", "arguments": "{}"}},
            ])
        );
        assert_eq!(made.finish_reason.as_deref(), Some("tool_calls"));
        assert_eq!(made.usage, Some(json!({"total_tokens": 7})));
    }

    #[test]
    fn completions_responses_and_ollama_have_shapes_of_their_own() {
        let completion = assemble(json!([
            {"choices": [{"index": 0, "text": "Hel"}]}, {"choices": [{"index": 0, "text": "lo", "finish_reason": "stop"}]}
        ]));
        assert_eq!((completion.text.as_str(), completion.finish_reason.as_deref()), ("Hello", Some("stop")));
        let response = assemble(json!([
            {"type": "response.output_text.delta", "delta": "Hello"},
            {"type": "response.output_item.added", "item": {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get"}},
            {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": "{}"},
            {"type": "response.completed", "response": {"status": "completed", "usage": {"total_tokens": 3}}},
        ]));
        assert_eq!(response.text, "Hello");
        assert_eq!(response.tool_calls_json()[0]["function"], json!({"name": "get", "arguments": "{}"}));
        assert_eq!(response.usage, Some(json!({"total_tokens": 3})));
        let ollama = assemble(json!([
            {"message": {"content": "He"}, "done": false},
            {"message": {"content": "llo", "tool_calls": [{"function": {"name": "get", "arguments": {"a": 1}}}]}, "done": false},
            {"message": {"content": ""}, "done": true, "done_reason": "stop", "eval_count": 2, "prompt_eval_count": 5},
        ]));
        assert_eq!(ollama.text, "Hello");
        assert_eq!(ollama.tool_calls[0].arguments, "{\"a\":1}");
        assert_eq!(ollama.usage.unwrap()["total_tokens"], 7);
    }
}
