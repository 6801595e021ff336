//! The description of the routes.

use super::table::{ApiRouter, AppState};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The OpenAPI document.
pub(super) struct Document;

impl ApiRouter for Document {
    fn name(&self) -> &'static str {
        "openapi"
    }

    fn summary(&self) -> &'static str {
        "the OpenAPI document of what is served"
    }

    fn example(&self) -> &'static str {
        "GET /openapi.json"
    }

    fn api(&self) -> &'static str {
        "inspect"
    }

    fn routes(&self) -> OpenApiRouter<AppState> {
        OpenApiRouter::new().routes(routes!(openapi))
    }
}

/// The OpenAPI document of what is served.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "inspect",
    responses((status = 200, body = Object, description = "An OpenAPI 3.1 document"))
)]
async fn openapi(State(shared): State<AppState>) -> Response {
    Json(&shared.document.0).into_response()
}
