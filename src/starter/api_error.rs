//! An answer that says no, in OpenAI's shape.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// An error that becomes an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// What was wrong and what to do.
    pub(crate) message: String,
    /// The part of the request that was wrong.
    pub(crate) param: Option<String>,
    /// A word for programs.
    pub(crate) code: Option<&'static str>,
}

/// The body of every error answer: `{"error": {…}}`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorDetail {
    message: String,
    r#type: &'static str,
    #[schema(required)]
    param: Option<String>,
    #[schema(required)]
    code: Option<&'static str>,
}

impl ApiError {
    /// An error with nothing but a message.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), param: None, code: None }
    }

    /// 400 for `param`.
    pub(crate) fn invalid(param: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).at(param).coded(code)
    }

    /// 404.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 502: `provider` did not answer, or not as it should. `why` must not hold its key.
    pub(crate) fn provider(provider: &str, why: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, format!("The provider `{provider}` {why}"))
            .coded("provider_unreachable")
    }

    /// The same error, for `param`.
    pub(crate) fn at(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// The same error, with a code.
    pub(crate) fn coded(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// The answer's body.
    pub(crate) fn body(&self) -> ErrorBody {
        let r#type = if self.status.is_server_error() { "server_error" } else { "invalid_request_error" };
        ErrorBody {
            error: ErrorDetail {
                message: self.message.clone(),
                r#type,
                param: self.param.clone(),
                code: self.code,
            },
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, axum::Json(self.body())).into_response()
    }
}
