//! The id at the end of a path.

use crate::starter::api_error::ApiError;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

/// The id in a path, decoded.
pub(super) struct Id(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // It fails only for what is not UTF-8 once decoded, and nothing here has such an id.
        let decoded = Path::<String>::from_request_parts(parts, state).await;
        decoded
            .map(|Path(id)| Self(id))
            .map_err(|_| ApiError::not_found("The id in the URL is not UTF-8 text."))
    }
}
