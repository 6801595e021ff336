//! A batch as the API shows it.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Where a batch is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Validating,
    Failed,
    InProgress,
    Finalizing,
    Completed,
    Cancelling,
    Cancelled,
}

/// A batch.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Batch {
    pub(crate) id: String,
    pub(crate) object: &'static str,
    pub(crate) endpoint: &'static str,
    #[schema(required)]
    pub(crate) errors: Option<BatchErrors>,
    pub(crate) input_file_id: String,
    pub(crate) completion_window: String,
    pub(crate) status: Status,
    #[schema(required)]
    pub(crate) output_file_id: Option<String>,
    #[schema(required)]
    pub(crate) error_file_id: Option<String>,
    pub(crate) created_at: u64,
    #[schema(required)]
    pub(crate) in_progress_at: Option<u64>,
    #[schema(required)]
    pub(crate) expires_at: Option<u64>,
    #[schema(required)]
    pub(crate) finalizing_at: Option<u64>,
    #[schema(required)]
    pub(crate) completed_at: Option<u64>,
    #[schema(required)]
    pub(crate) failed_at: Option<u64>,
    #[schema(required)]
    pub(crate) expired_at: Option<u64>,
    #[schema(required)]
    pub(crate) cancelling_at: Option<u64>,
    #[schema(required)]
    pub(crate) cancelled_at: Option<u64>,
    pub(crate) request_counts: RequestCounts,
    #[schema(required, value_type = Option<Object>)]
    pub(crate) metadata: Option<Map<String, Value>>,
}

/// How many requests a batch has.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(crate) struct RequestCounts {
    pub(crate) total: usize,
    pub(crate) completed: usize,
    pub(crate) failed: usize,
}

/// Why a batch failed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct BatchErrors {
    pub(crate) object: &'static str,
    pub(crate) data: Vec<BatchError>,
}

/// One thing that is wrong with a batch's file.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct BatchError {
    pub(crate) code: &'static str,
    /// The line of the file, counted from 1.
    #[schema(required)]
    pub(crate) line: Option<usize>,
    pub(crate) message: String,
    #[schema(required)]
    pub(crate) param: Option<String>,
}
