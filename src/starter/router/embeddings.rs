//! Embeddings.

use super::schema::{EmbeddingList, EmbeddingRequest};
use super::table::{ApiRouter, AppState};
use crate::starter::api_error::{ApiError, ErrorBody};
use crate::starter::call_context::CallContext;
use crate::starter::operation::EMBEDDINGS;
use crate::starter::relay::relay;
use crate::starter::request_body::JsonBody;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Embeddings.
pub(super) struct Embeddings;

impl ApiRouter for Embeddings {
    fn name(&self) -> &'static str {
        "embeddings"
    }

    fn summary(&self) -> &'static str {
        "embeddings"
    }

    fn example(&self) -> &'static str {
        "POST /v1/embeddings"
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
    path = "/v1/embeddings",
    operation_id = "create_embeddings",
    tag = "inference",
    request_body = EmbeddingRequest,
    responses(
        (status = 200, description = "The provider's answer", body = EmbeddingList),
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
    relay(&shared, &EMBEDDINGS, &CallContext::of(&headers)?, JsonBody::parse(body)?).await
}
