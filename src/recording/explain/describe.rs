//! What a call is about, in one line.

use super::excerpt::shortened;
use crate::wire::message::Request;
use serde_json::Value;

/// How many characters of a message are shown.
const MESSAGE: usize = 120;

/// What a call was about: its model and last message, or the beginning of its body.
pub fn describe(request: &Request) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
        return shortened(
            &String::from_utf8_lossy(&request.body[..request.body.len().min(4 * MESSAGE)]),
            MESSAGE,
        );
    };
    let model = body.get("model").and_then(Value::as_str);
    let last = body.get("messages").and_then(Value::as_array).and_then(|all| all.last());
    let said = last
        .and_then(|message| message.get("content"))
        .or_else(|| body.get("prompt"))
        .or_else(|| body.get("input"))
        .map(|said| said.as_str().map_or_else(|| said.to_string(), str::to_owned));
    match (model, said) {
        (Some(model), Some(said)) => format!("{model}: {}", shortened(&said, MESSAGE)),
        (Some(model), None) => model.to_owned(),
        (None, Some(said)) => shortened(&said, MESSAGE),
        (None, None) => shortened(&body.to_string(), MESSAGE),
    }
}
