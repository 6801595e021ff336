//! A file as the API shows it.

use serde::Serialize;
use utoipa::ToSchema;

/// The purposes a file may be uploaded for.
pub(crate) const PURPOSES: [&str; 6] = ["assistants", "batch", "evals", "fine-tune", "user_data", "vision"];

/// A file, without its content.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = File)]
pub(crate) struct FileObject {
    pub(crate) id: String,
    pub(crate) object: &'static str,
    /// The size of its content.
    pub(crate) bytes: usize,
    pub(crate) created_at: u64,
    /// When it is deleted by itself.
    #[schema(required)]
    pub(crate) expires_at: Option<u64>,
    pub(crate) filename: String,
    pub(crate) purpose: String,
}

/// That a file is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedFile {
    pub(crate) id: String,
    pub(crate) object: &'static str,
    pub(crate) deleted: bool,
}
