//! Requests for what there is not.

use crate::starter::api_error::ApiError;
use axum::http::{Method, StatusCode, Uri};

pub(super) async fn no_such_route(method: Method, uri: Uri) -> ApiError {
    ApiError::not_found(format!("Unknown request URL: {method} {}.", uri.path())).coded("unknown_url")
}

pub(super) async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    let message = format!("Not allowed to {method} on {}.", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message).coded("method_not_supported")
}
