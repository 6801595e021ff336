//! The request to create a batch.

use crate::starter::api_error::ApiError;
use crate::starter::fields::{Kind, check, optional, required, wrong_type};
use crate::starter::operation::{OPERATIONS, Operation};
use serde_json::{Map, Value};

/// The one window there is, in OpenAI's words.
const WINDOW: &str = "24h";
/// OpenAI's limits for metadata.
const METADATA_ENTRIES: usize = 16;
const METADATA_KEY: usize = 64;
const METADATA_VALUE: usize = 512;

/// What a batch is made of.
#[derive(Debug, Clone)]
pub(crate) struct CreateBatch {
    /// The file with its requests.
    pub(crate) input_file_id: String,
    /// What each of them calls.
    pub(crate) operation: &'static Operation,
    /// How long it may take.
    pub(crate) completion_window: String,
    /// Whatever the client wants to keep with it.
    pub(crate) metadata: Option<Map<String, Value>>,
    /// Says that a second request with the same key means the same batch.
    pub(crate) idempotency_key: Option<String>,
}

impl CreateBatch {
    /// Reads the members of a request.
    ///
    /// # Errors
    /// 400 with the member that is wrong.
    pub(crate) fn parse(members: &Map<String, Value>) -> Result<Self, ApiError> {
        let fields = [
            required("input_file_id", &[Kind::Text]),
            required("endpoint", &[Kind::Text]),
            required("completion_window", &[Kind::Text]),
            optional("metadata", &[Kind::Object]),
            optional("idempotency_key", &[Kind::Text]),
        ];
        check(members, &fields)?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let completion_window = text("completion_window").unwrap_or_default();
        if completion_window != WINDOW {
            return Err(invalid_value("completion_window", &completion_window, &[WINDOW]));
        }
        Ok(Self {
            input_file_id: text("input_file_id").unwrap_or_default(),
            operation: operation(&text("endpoint").unwrap_or_default())?,
            completion_window,
            metadata: metadata(members.get("metadata"))?,
            idempotency_key: text("idempotency_key"),
        })
    }

    /// Whether `other` asks for the same batch. The order of the metadata does not matter.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.input_file_id == other.input_file_id
            && self.operation.endpoint == other.operation.endpoint
            && self.completion_window == other.completion_window
            && self.metadata == other.metadata
    }
}

fn operation(endpoint: &str) -> Result<&'static Operation, ApiError> {
    let found = OPERATIONS.iter().copied().find(|operation| operation.endpoint == endpoint);
    found.ok_or_else(|| invalid_value("endpoint", endpoint, &OPERATIONS.map(|operation| operation.endpoint)))
}

fn invalid_value(param: &str, value: &str, supported: &[&str]) -> ApiError {
    let supported = supported.iter().map(|it| format!("'{it}'")).collect::<Vec<_>>().join(", ");
    // OpenAI's words, which suites look for; which member it is stands in `param`.
    let message = format!("Invalid value: '{value}'. Supported values are: {supported}.");
    ApiError::invalid(param, "invalid_value", message)
}

fn metadata(value: Option<&Value>) -> Result<Option<Map<String, Value>>, ApiError> {
    let Some(Value::Object(entries)) = value else { return Ok(None) };
    if entries.len() > METADATA_ENTRIES {
        let message =
            format!("Invalid 'metadata': at most {METADATA_ENTRIES} entries, but got {}.", entries.len());
        return Err(ApiError::invalid("metadata", "object_above_max_properties", message));
    }
    for (key, value) in entries {
        let name = format!("metadata.{key}");
        let Value::String(text) = value else { return Err(wrong_type(&name, "a string", value)) };
        if key.chars().count() > METADATA_KEY || text.chars().count() > METADATA_VALUE {
            let message = format!(
                "Invalid '{name}': a key has at most {METADATA_KEY} characters and a value at most {METADATA_VALUE}."
            );
            return Err(ApiError::invalid(name, "string_above_max_length", message));
        }
    }
    Ok(Some(entries.clone()))
}
