//! What a batch writes: a line per request, to the output file or to the error file.

use crate::starter::api_error::ApiError;
use crate::starter::ids::random_id;
use crate::starter::relay::WholeAnswer;
use serde::Serialize;
use serde_json::value::RawValue;

/// A request's line.
#[derive(Debug)]
pub(crate) struct OutputLine {
    /// Whether it goes to the output file rather than to the error file.
    pub(crate) succeeded: bool,
    /// The line, without its end.
    pub(crate) text: String,
}

#[derive(Serialize)]
struct Line<'a> {
    id: String,
    custom_id: &'a str,
    response: Option<LineResponse>,
    error: Option<LineError>,
}

#[derive(Serialize)]
struct LineResponse {
    status_code: u16,
    request_id: String,
    /// A provider's JSON as it was written, on one line; other text as a JSON string.
    body: Box<RawValue>,
}

/// OpenAI leaves this null where there was a response, whatever its status; Llama Stack and its suite have it for
/// every line of the error file. Having both serves both.
#[derive(Serialize)]
struct LineError {
    code: &'static str,
    message: String,
}

/// The line for a request that was answered, or not.
pub(crate) fn line(custom_id: &str, result: Result<WholeAnswer, ApiError>) -> OutputLine {
    let (status, body, error) = match result {
        Ok(answer) if answer.status.is_success() => (answer.status, raw(&answer.body), None),
        Ok(answer) => {
            let message =
                format!("The provider answered with status {}: {}", answer.status, said(&answer.body));
            (answer.status, raw(&answer.body), Some(LineError { code: "request_failed", message }))
        }
        Err(error) => {
            let body = serde_json::value::to_raw_value(&error.body()).ok();
            let line = LineError { code: error.code.unwrap_or("request_failed"), message: error.message };
            (error.status, body, Some(line))
        }
    };
    let succeeded = error.is_none();
    let response =
        body.map(|body| LineResponse { status_code: status.as_u16(), request_id: random_id("req_"), body });
    let line = Line { id: random_id("batch_req_"), custom_id, response, error };
    OutputLine { succeeded, text: serde_json::to_string(&line).unwrap_or_default() }
}

fn raw(body: &[u8]) -> Option<Box<RawValue>> {
    let text = String::from_utf8_lossy(body);
    match serde_json::from_str::<&RawValue>(&text) {
        // A line end can only stand between the tokens of JSON, where a space means the same.
        Ok(_) => RawValue::from_string(text.trim().replace(['\n', '\r'], " ")).ok(),
        Err(_) => serde_json::value::to_raw_value(&text).ok(),
    }
}

/// The message in a provider's error, or the beginning of whatever else it said.
fn said(body: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    match value.pointer("/error/message").and_then(serde_json::Value::as_str) {
        Some(message) => message.to_owned(),
        None => String::from_utf8_lossy(body).chars().take(500).collect(),
    }
}
