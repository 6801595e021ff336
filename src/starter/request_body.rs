//! Reading a request's body, with the errors in our shape rather than the framework's.

use super::api_error::ApiError;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Map, Value};

/// The most a request may hold, in bytes; also the most that is read of a provider's unstreamed answer.
pub(crate) const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// The most values that JSON may have. The largest request that makes sense, one for the embeddings of 300,000 tokens,
/// is far below; a parsed value takes up to 100 bytes.
const MOST_VALUES: usize = 2_000_000;

/// A JSON object as it was sent.
#[derive(Debug)]
pub(crate) struct JsonBody {
    /// The text.
    pub(crate) text: String,
    /// The same, parsed.
    pub(crate) members: Map<String, Value>,
}

/// What axum read, or why it did not.
///
/// # Errors
/// 413 for a body over the limit, 400 for one that broke off.
pub(crate) fn read(body: Result<Bytes, BytesRejection>) -> Result<Bytes, ApiError> {
    body.map_err(|rejection| match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => ApiError::new(StatusCode::BAD_REQUEST, "The request body broke off before its end."),
    })
}

/// 413.
pub(crate) fn too_large() -> ApiError {
    let message = format!("The request body is larger than {} MiB.", BODY_LIMIT / (1024 * 1024));
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message).coded("request_too_large")
}

impl JsonBody {
    /// Parses a body.
    ///
    /// # Errors
    /// 400 for what is no JSON object.
    pub(crate) fn parse(body: Result<Bytes, BytesRejection>) -> Result<Self, ApiError> {
        let body = read(body)?;
        let text = String::from_utf8(body.into())
            .map_err(|_| ApiError::new(StatusCode::BAD_REQUEST, "The request body is not UTF-8 text."))?;
        Self::from_text(text)
    }

    /// Parses text.
    ///
    /// # Errors
    /// 400 for what is no JSON object, 413 for one of too many values.
    pub(crate) fn from_text(text: String) -> Result<Self, ApiError> {
        match parse(&text)? {
            Value::Object(members) => Ok(Self { text, members }),
            _ => Err(malformed("the request body must be a JSON object")),
        }
    }
}

/// Parses JSON, unless it would take many times its own size in memory: `[[],[],…` does, a long text does not.
///
/// # Errors
/// 400 for what is no JSON, 413 for too many values.
pub(crate) fn parse(text: &str) -> Result<Value, ApiError> {
    // Each value but the first follows one of these. In strings they count too, which does no harm below millions.
    if text.bytes().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count() > MOST_VALUES {
        let message = format!("The JSON body has more than {MOST_VALUES} values.");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message).coded("request_too_large"));
    }
    serde_json::from_str(text).map_err(malformed)
}

/// 400 for text that is not the JSON it should be.
pub(crate) fn malformed(why: impl std::fmt::Display) -> ApiError {
    let message = format!("We could not parse the JSON body of your request: {why}.");
    ApiError::new(StatusCode::BAD_REQUEST, message).coded("invalid_json")
}
