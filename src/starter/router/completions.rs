//! Text completions.

use super::schema::{Completion, CompletionRequest};
use super::table::{ApiRouter, AppState};
use crate::starter::api_error::{ApiError, ErrorBody};
use crate::starter::call_context::CallContext;
use crate::starter::operation::COMPLETIONS;
use crate::starter::relay::relay;
use crate::starter::request_body::JsonBody;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Text completions.
pub(super) struct Completions;

impl ApiRouter for Completions {
    fn name(&self) -> &'static str {
        "completions"
    }

    fn summary(&self) -> &'static str {
        "text completions, plain and streamed"
    }

    fn example(&self) -> &'static str {
        "POST /v1/completions"
    }

    fn api(&self) -> &'static str {
        "inference"
    }

    fn routes(&self) -> OpenApiRouter<AppState> {
        OpenApiRouter::new().routes(routes!(create))
    }
}

/// Passed on to the provider of the model, and its answer back. Members that are not described go through unchanged.
#[utoipa::path(
    post,
    path = "/v1/completions",
    operation_id = "create_completions",
    tag = "inference",
    request_body = CompletionRequest,
    responses(
        (status = 200, description = "The provider's answer", content((Completion = "application/json"), (Completion = "text/event-stream"))),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such model"),
        (status = 502, body = ErrorBody, description = "The provider did not answer")
    )
)]
async fn create(
    State(shared): State<AppState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    relay(&shared, &COMPLETIONS, &CallContext::of(&headers)?, JsonBody::parse(body)?).await
}
