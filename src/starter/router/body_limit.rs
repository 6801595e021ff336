//! Refusing a body that is too large before it is sent.

use crate::starter::api_error::ApiError;
use crate::starter::request_body::{BODY_LIMIT, too_large};
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::Response;

/// Refuses a request that announces more than [`BODY_LIMIT`]. One that announces nothing is refused once it has sent
/// too much; by then it may be writing still and never read the answer, which is why this looks first.
pub(super) async fn refuse_too_large(request: Request, next: Next) -> Result<Response, ApiError> {
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(too_large());
    }
    Ok(next.run(request).await)
}
