//! Passing a request on to a provider, and its answer back.
//!
//! The answer is the provider's, byte for byte, but for one thing: `model` is what the client asked for. Llama Stack
//! does the same, and a client that sends back the `model` it was told must reach the same model again; the provider's
//! own name would do that only where no other provider has a model of that name. An error is passed on untouched.

use super::api_error::ApiError;
use super::call_context::CallContext;
use super::json_text::{model_span, renamed, with_model};
use super::model_rename::ModelRename;
use super::operation::Operation;
use super::request_body::{BODY_LIMIT, JsonBody, malformed};
use super::shared::Shared;
use super::upstream::{explain, post};
use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};

/// The headers of a provider's answer that mean something to a client.
const PASSED_ON: [HeaderName; 3] = [CONTENT_TYPE, CACHE_CONTROL, RETRY_AFTER];

/// An answer on its way.
struct Asked {
    answer: reqwest::Response,
    provider: String,
    /// What the client called the model.
    model: String,
}

/// An answer that is all there.
pub(crate) struct WholeAnswer {
    /// The provider's status.
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

/// Answers a client with what the provider answers, streamed if the provider streams.
///
/// # Errors
/// What is wrong with the request, or that the provider did not answer.
pub(crate) async fn relay(
    shared: &Shared,
    operation: &Operation,
    context: &CallContext,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let asked = ask(shared, operation, context, body).await?;
    let headers = passed_on(asked.answer.headers());
    if asked.answer.status().is_success() && is_event_stream(&headers) {
        return Ok((asked.answer.status(), headers, Body::from_stream(streamed(asked))).into_response());
    }
    let whole = collect(asked).await?;
    Ok((whole.status, whole.headers, whole.body).into_response())
}

/// The same for a batch: the answer as a whole.
///
/// # Errors
/// As [`relay`].
pub(crate) async fn relay_whole(
    shared: &Shared,
    operation: &Operation,
    context: &CallContext,
    body: JsonBody,
) -> Result<WholeAnswer, ApiError> {
    collect(ask(shared, operation, context, body).await?).await
}

async fn ask(
    shared: &Shared,
    operation: &Operation,
    context: &CallContext,
    body: JsonBody,
) -> Result<Asked, ApiError> {
    operation.check(&body.members)?;
    let span = model_span(&body.text).map_err(malformed)?.ok_or_else(|| super::fields::missing("model"))?;
    let model = body.members["model"].as_str().unwrap_or_default().to_owned();
    let route = shared.registry.route(&model).await?;
    let text = with_model(&body.text, span, &route.model);
    let answer = post(&shared.client, &route.provider, operation.path, context, text).await?;
    let (status, provider) = (answer.status(), route.provider.id);
    if status.is_informational() || status.is_redirection() {
        return Err(ApiError::provider(&provider, format!("answered with {status}, which is no answer")));
    }
    Ok(Asked { answer, provider, model })
}

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let kept = |name: &HeaderName| Some((name.clone(), headers.get(name)?.clone()));
    PASSED_ON.iter().filter_map(kept).collect()
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with(b"text/event-stream")
}

/// The pieces of an event stream as they come. Where the provider breaks off, this does too: the error ends the
/// connection to the client without the end marker that would make the answer look whole.
fn streamed(asked: Asked) -> impl Stream<Item = reqwest::Result<Bytes>> + Send {
    let pieces = asked.answer.bytes_stream().boxed();
    let state = Some((pieces, ModelRename::new(asked.model)));
    stream::unfold(state, |state| async {
        let (mut pieces, mut rename) = state?;
        loop {
            match pieces.next().await {
                Some(Ok(piece)) => {
                    let out = rename.push(&piece);
                    if !out.is_empty() {
                        return Some((Ok(out), Some((pieces, rename))));
                    }
                }
                Some(Err(error)) => return Some((Err(error), None)),
                None => return Some((Ok(rename.finish()), None)),
            }
        }
    })
}

async fn collect(asked: Asked) -> Result<WholeAnswer, ApiError> {
    let (status, headers) = (asked.answer.status(), passed_on(asked.answer.headers()));
    let mut body = Vec::new();
    let mut pieces = asked.answer.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| {
            ApiError::provider(&asked.provider, format!("broke off its answer: {}", explain(error)))
        })?;
        if body.len() + piece.len() > BODY_LIMIT {
            return Err(ApiError::provider(&asked.provider, "answered with more than is read"));
        }
        body.extend_from_slice(&piece);
    }
    let new = std::str::from_utf8(&body).ok().filter(|_| status.is_success());
    let body = match new.and_then(|text| renamed(text, &asked.model)) {
        Some(text) => text.into(),
        None => body.into(),
    };
    Ok(WholeAnswer { status, headers, body })
}
