//! Why a document cannot be used.

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is JSON, but of something else.
    #[error("it has no `paths`: this is no OpenAPI document")]
    NoPaths,
    /// It is an OpenAPI document of before 2017.
    #[error("it is a Swagger {0} document; OpenAPI 3 is wanted")]
    Swagger(String),
    /// Its schemas cannot be read.
    #[error("its schemas cannot be read: {0}")]
    Schemas(String),
}
