//! Batches.

use super::id::Id;
use super::table::{ApiRouter, AppState};
use crate::starter::api_error::{ApiError, ErrorBody};
use crate::starter::batches::{Batch, CreateBatch, start};
use crate::starter::call_context::CallContext;
use crate::starter::page::{Page, Query as PageQuery, limit};
use crate::starter::request_body::JsonBody;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How many batches there are in a list that does not say, and the most.
const LISTED: usize = 20;
const MOST_LISTED: usize = 100;

/// Batches.
pub(super) struct Batches;

impl ApiRouter for Batches {
    fn name(&self) -> &'static str {
        "batches"
    }

    fn summary(&self) -> &'static str {
        "batches: create, list, retrieve, cancel"
    }

    fn example(&self) -> &'static str {
        "POST /v1/batches"
    }

    fn api(&self) -> &'static str {
        "batches"
    }

    fn routes(&self) -> OpenApiRouter<AppState> {
        OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(retrieve)).routes(routes!(cancel))
    }
}

/// A request to create a batch.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described, but read with messages of its own")]
struct BatchRequest {
    input_file_id: String,
    endpoint: String,
    /// `24h`
    completion_window: String,
    #[schema(value_type = Option<Object>)]
    metadata: Option<serde_json::Value>,
    /// A second request with the same key gives the same batch.
    idempotency_key: Option<String>,
}

/// Creates a batch, which is worked off in the background.
#[utoipa::path(
    post,
    path = "/v1/batches",
    operation_id = "create_batch",
    tag = "batches",
    request_body = BatchRequest,
    responses((status = 200, body = Batch), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn create(
    State(shared): State<AppState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Batch>, ApiError> {
    let context = CallContext::of(&headers)?;
    let request = CreateBatch::parse(&JsonBody::parse(body)?.members)?;
    start(&shared, request, context).map(Json)
}

/// The batches, newest first.
#[utoipa::path(
    get,
    path = "/v1/batches",
    operation_id = "list_batches",
    tag = "batches",
    params(
        ("limit" = Option<usize>, Query, description = "At most so many"),
        ("after" = Option<String>, Query, description = "Those after the one with this id")
    ),
    responses((status = 200, body = Page<Batch>), (status = 400, body = ErrorBody))
)]
async fn list(
    State(shared): State<AppState>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Batch>>, ApiError> {
    let limit = limit(&query, LISTED, MOST_LISTED)?;
    Page::cut(shared.batches.all(), query.get("after").map(String::as_str), limit, |batch| &batch.id)
        .map(Json)
}

/// One batch.
#[utoipa::path(
    get,
    path = "/v1/batches/{batch_id}",
    operation_id = "retrieve_batch",
    tag = "batches",
    params(("batch_id" = String, Path)),
    responses((status = 200, body = Batch), (status = 404, body = ErrorBody))
)]
async fn retrieve(State(shared): State<AppState>, Id(id): Id) -> Result<Json<Batch>, ApiError> {
    shared.batches.look_at(&id).map(Json)
}

/// Cancels a batch. Requests under way are broken off; the answers that came are kept.
#[utoipa::path(
    post,
    path = "/v1/batches/{batch_id}/cancel",
    operation_id = "cancel_batch",
    tag = "batches",
    params(("batch_id" = String, Path)),
    responses((status = 200, body = Batch), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn cancel(State(shared): State<AppState>, Id(id): Id) -> Result<Json<Batch>, ApiError> {
    shared.batches.cancel(&id).map(Json)
}
