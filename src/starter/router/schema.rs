//! The shapes of requests and answers that are passed on, for the OpenAPI document only: they go through as text, and
//! what is described here is what every provider has in common. `model`, and what a request means without which it
//! means nothing, is checked by `operation.rs`.

#![expect(dead_code, reason = "these are never made, only described")]

use serde_json::Value;
use utoipa::ToSchema;

/// A request for a chat completion.
#[derive(ToSchema)]
pub(super) struct ChatRequest {
    /// `provider/model`, or a model's bare name where just one provider has it.
    model: String,
    #[schema(min_items = 1, value_type = Vec<Object>)]
    messages: Vec<Value>,
    stream: Option<bool>,
    temperature: Option<f64>,
    max_tokens: Option<i64>,
}

/// A request for a completion.
#[derive(ToSchema)]
pub(super) struct CompletionRequest {
    /// `provider/model`, or a model's bare name where just one provider has it.
    model: String,
    /// A string, or an array of strings or tokens.
    prompt: Value,
    stream: Option<bool>,
    temperature: Option<f64>,
    max_tokens: Option<i64>,
}

/// A request for embeddings.
#[derive(ToSchema)]
pub(super) struct EmbeddingRequest {
    /// `provider/model`, or a model's bare name where just one provider has it.
    model: String,
    /// A string, or an array of strings or tokens.
    input: Value,
    encoding_format: Option<String>,
    dimensions: Option<u32>,
}

/// A chat completion.
#[derive(ToSchema)]
pub(super) struct ChatCompletion {
    id: String,
    object: String,
    created: u64,
    /// The model as the request named it.
    model: String,
    #[schema(value_type = Vec<Object>)]
    choices: Vec<Value>,
    #[schema(value_type = Option<Object>)]
    usage: Option<Value>,
}

/// An event of a streamed chat completion; the last one is followed by `[DONE]`.
#[derive(ToSchema)]
pub(super) struct ChatCompletionChunk {
    id: String,
    object: String,
    created: u64,
    /// The model as the request named it.
    model: String,
    #[schema(value_type = Vec<Object>)]
    choices: Vec<Value>,
    #[schema(value_type = Option<Object>)]
    usage: Option<Value>,
}

/// A completion. One that is streamed comes in events of the same shape, the last followed by `[DONE]`.
#[derive(ToSchema)]
pub(super) struct Completion {
    id: String,
    object: String,
    created: u64,
    /// The model as the request named it.
    model: String,
    #[schema(value_type = Vec<Object>)]
    choices: Vec<Value>,
    #[schema(value_type = Option<Object>)]
    usage: Option<Value>,
}

/// Embeddings.
#[derive(ToSchema)]
pub(super) struct EmbeddingList {
    object: String,
    /// The model as the request named it.
    model: String,
    #[schema(value_type = Vec<Object>)]
    data: Vec<Value>,
    #[schema(value_type = Option<Object>)]
    usage: Option<Value>,
}
