//! Reading the file of a batch.

use super::object::BatchError;
use crate::starter::fields::Kind;
use crate::starter::operation::Operation;
use crate::starter::registry::Registry;
use crate::starter::request_body::parse;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// The most requests a batch may have, as with OpenAI.
const MOST_REQUESTS: usize = 50_000;
/// Where looking for more errors ends. A file of nothing but mistakes would make an answer larger than itself.
const MOST_ERRORS: usize = 100;

/// The members of a line, with their types.
const MEMBERS: [(&str, Kind, &str); 4] = [
    ("custom_id", Kind::Text, "a string"),
    ("method", Kind::Text, "a string"),
    ("url", Kind::Text, "a string"),
    ("body", Kind::Object, "a JSON object"),
];

/// A request of a batch.
#[derive(Debug)]
pub(crate) struct BatchRequest {
    /// The client's name for it.
    pub(crate) custom_id: String,
    /// What is asked, as it was written. It is parsed again when its turn comes: parsed, a whole file of them would take
    /// many times its size.
    pub(crate) body: String,
}

#[derive(Deserialize)]
struct LineBody<'a> {
    #[serde(borrow)]
    body: &'a RawValue,
}

/// The requests in `content`, in order.
///
/// # Errors
/// Everything that is wrong with it, in order.
pub(crate) async fn read_requests(
    content: &[u8],
    operation: &Operation,
    registry: &Registry,
) -> Result<Vec<BatchRequest>, Vec<BatchError>> {
    let (mut requests, mut errors, mut ids) = (Vec::new(), Vec::new(), HashSet::new());
    for (index, line) in content.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let mut wrong = Line { number: index + 1, errors: &mut errors };
        if requests.len() == MOST_REQUESTS {
            wrong.add(
                "max_requests_exceeded",
                None,
                format!("A batch has at most {MOST_REQUESTS} requests."),
            );
            break;
        }
        if let Some(request) = read_line(line, operation, registry, &mut wrong).await {
            if ids.insert(request.custom_id.clone()) {
                requests.push(request);
            } else {
                let message = format!("The custom_id '{}' is used by an earlier line.", request.custom_id);
                wrong.add("duplicate_custom_id", Some("custom_id"), message);
            }
        }
        if errors.len() >= MOST_ERRORS {
            break;
        }
    }
    if requests.is_empty() && errors.is_empty() {
        let message = "The input file has no requests.".to_owned();
        errors.push(BatchError { code: "empty_file", line: None, message, param: None });
    }
    if errors.is_empty() { Ok(requests) } else { Err(errors) }
}

/// The errors of one line.
struct Line<'a> {
    number: usize,
    errors: &'a mut Vec<BatchError>,
}

impl Line<'_> {
    fn add(&mut self, code: &'static str, param: Option<&str>, message: String) {
        let param = param.map(str::to_owned);
        self.errors.push(BatchError { code, line: Some(self.number), message, param });
    }
}

async fn read_line(
    line: &[u8],
    operation: &Operation,
    registry: &Registry,
    wrong: &mut Line<'_>,
) -> Option<BatchRequest> {
    let before = wrong.errors.len();
    let text = std::str::from_utf8(line).ok();
    let Some((text, value)) = text.and_then(|text| Some((text, parse(text).ok()?))) else {
        wrong.add("invalid_json_line", None, "This line is not parseable as valid JSON.".to_owned());
        return None;
    };
    let Value::Object(members) = value else {
        wrong.add("invalid_request", None, "Each line must be a JSON object.".to_owned());
        return None;
    };
    check_members(&members, operation, wrong);
    if let Some(Value::Object(body)) = members.get("body") {
        check_body(body, operation, registry, wrong).await;
    }
    if wrong.errors.len() > before {
        return None;
    }
    let Ok(LineBody { body }) = serde_json::from_str(text) else {
        wrong.add("invalid_request", Some("body"), "The member 'body' is there twice.".to_owned());
        return None;
    };
    Some(BatchRequest { custom_id: members["custom_id"].as_str()?.to_owned(), body: body.get().to_owned() })
}

fn check_members(members: &Map<String, Value>, operation: &Operation, wrong: &mut Line<'_>) {
    for (name, kind, words) in MEMBERS {
        match members.get(name) {
            None => {
                let message = format!("Missing required parameter: '{name}'.");
                wrong.add("missing_required_parameter", Some(name), message);
            }
            Some(value) if !kind.fits(value) => {
                wrong.add("invalid_request", Some(name), format!("'{name}' must be {words}."));
            }
            Some(Value::String(method)) if name == "method" && method != "POST" => {
                wrong.add(
                    "invalid_method",
                    Some(name),
                    "The method of each request must be 'POST'.".to_owned(),
                );
            }
            Some(Value::String(url)) if name == "url" && url != operation.endpoint => {
                let message =
                    "The URL provided for this request does not match the batch endpoint.".to_owned();
                wrong.add("invalid_url", Some(name), message);
            }
            Some(_) => {}
        }
    }
}

/// What can be told before a provider is asked. The rest of the body is judged when its turn comes.
async fn check_body(
    body: &Map<String, Value>,
    operation: &Operation,
    registry: &Registry,
    wrong: &mut Line<'_>,
) {
    if body.get("stream").is_some_and(|stream| *stream == Value::Bool(true)) {
        let message = "Streaming is not supported in the Batch API.".to_owned();
        wrong.add("streaming_unsupported", Some("body.stream"), message);
    }
    for (name, kinds) in
        [("model", &[Kind::Text] as &[Kind]), (operation.subject.name, operation.subject.kinds)]
    {
        let param = format!("body.{name}");
        let label = [&name[..1].to_uppercase(), &name[1..]].concat();
        match body.get(name) {
            None => wrong.add("invalid_request", Some(&param), format!("{label} parameter is required.")),
            Some(value) if !kinds.iter().any(|kind| kind.fits(value)) => {
                wrong.add("invalid_request", Some(&param), format!("{label} has the wrong type."));
            }
            Some(_) => {}
        }
    }
    let Some(Value::String(model)) = body.get("model") else { return };
    if registry.route(model).await.is_err() {
        let message =
            format!("The provided model '{model}' does not exist or is not supported by the Batch API.");
        wrong.add("model_not_found", Some("body.model"), message);
    }
}
