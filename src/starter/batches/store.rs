//! Keeping batches, and the rules for changing them.

use super::CreateBatch;
use super::object::{Batch, RequestCounts, Status};
use crate::starter::api_error::ApiError;
use crate::starter::clock::unix_seconds;
use crate::starter::ids::random_id;
use axum::http::StatusCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// How long a batch may take, in seconds. It is shown, not enforced: the server does not live that long.
const WINDOW_SECONDS: u64 = 24 * 60 * 60;

/// The batches, oldest first.
#[derive(Debug, Default)]
pub(crate) struct BatchStore {
    entries: Mutex<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    batch: Batch,
    request: CreateBatch,
    signals: Signals,
}

/// What a client does to a batch that its worker must know. Tokens, since each happens once and stays so.
#[derive(Debug, Clone, Default)]
pub(super) struct Signals {
    /// It asked for its cancellation.
    pub(super) cancelled: CancellationToken,
    /// It looked at it.
    pub(super) looked_at: CancellationToken,
}

/// What became of a request to create a batch.
pub(super) enum Created {
    /// A batch that is to be worked off.
    New(Batch, Signals),
    /// The batch that the idempotency key stands for already.
    Known(Batch),
}

impl BatchStore {
    /// Adds the batch that `request` asks for, unless it is there.
    ///
    /// # Errors
    /// 409 for an idempotency key that stands for another batch.
    pub(super) fn create(&self, request: CreateBatch) -> Result<Created, ApiError> {
        let mut entries = self.lock();
        if let Some(key) = request.idempotency_key.as_deref() {
            let known = entries.iter().find(|entry| entry.request.idempotency_key.as_deref() == Some(key));
            if let Some(entry) = known {
                let same = entry.request.is_same(&request);
                return if same { Ok(Created::Known(entry.batch.clone())) } else { Err(key_conflict(key)) };
            }
        }
        let (batch, signals) = (new_batch(&request), Signals::default());
        entries.push(Entry { batch: batch.clone(), request, signals: signals.clone() });
        Ok(Created::New(batch, signals))
    }

    /// The batch with the id `id`.
    ///
    /// # Errors
    /// 404.
    pub(crate) fn get(&self, id: &str) -> Result<Batch, ApiError> {
        let entries = self.lock();
        entries
            .iter()
            .find(|entry| entry.batch.id == id)
            .map(|entry| entry.batch.clone())
            .ok_or_else(|| none_such(id))
    }

    /// The batch with the id `id`, for a client that waits for it.
    ///
    /// # Errors
    /// 404.
    pub(crate) fn look_at(&self, id: &str) -> Result<Batch, ApiError> {
        let entries = self.lock();
        let entry = entries.iter().find(|entry| entry.batch.id == id).ok_or_else(|| none_such(id))?;
        entry.signals.looked_at.cancel();
        Ok(entry.batch.clone())
    }

    /// All batches, newest first.
    pub(crate) fn all(&self) -> Vec<Batch> {
        self.lock().iter().rev().map(|entry| entry.batch.clone()).collect()
    }

    /// Begins to cancel the batch with the id `id`. One that is being cancelled, or is, stays so.
    ///
    /// # Errors
    /// 404; 409 for a batch that has ended.
    pub(crate) fn cancel(&self, id: &str) -> Result<Batch, ApiError> {
        let mut entries = self.lock();
        let entry = entries.iter_mut().find(|entry| entry.batch.id == id).ok_or_else(|| none_such(id))?;
        match entry.batch.status {
            Status::Cancelling | Status::Cancelled => {}
            Status::Validating | Status::InProgress | Status::Finalizing => {
                entry.batch.status = Status::Cancelling;
                entry.batch.cancelling_at = Some(unix_seconds());
                entry.signals.cancelled.cancel();
            }
            Status::Completed => return Err(ended("completed")),
            Status::Failed => return Err(ended("failed")),
        }
        Ok(entry.batch.clone())
    }

    /// Changes the batch with the id `id`.
    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Batch)) {
        if let Some(entry) = self.lock().iter_mut().find(|entry| entry.batch.id == id) {
            change(&mut entry.batch);
        }
    }

    /// Gives the batch with the id `id` its next status, and changes what belongs to that. A batch that is being
    /// cancelled can only become cancelled: the client was told.
    pub(crate) fn advance(&self, id: &str, status: Status, change: impl FnOnce(&mut Batch, u64)) {
        self.change(id, |batch| {
            if batch.status != Status::Cancelling || status == Status::Cancelled {
                batch.status = status;
                change(batch, unix_seconds());
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_batch(request: &CreateBatch) -> Batch {
    let created_at = unix_seconds();
    Batch {
        id: random_id("batch_"),
        object: "batch",
        endpoint: request.operation.endpoint,
        errors: None,
        input_file_id: request.input_file_id.clone(),
        completion_window: request.completion_window.clone(),
        status: Status::Validating,
        output_file_id: None,
        error_file_id: None,
        created_at,
        in_progress_at: None,
        expires_at: Some(created_at + WINDOW_SECONDS),
        finalizing_at: None,
        completed_at: None,
        failed_at: None,
        expired_at: None,
        cancelling_at: None,
        cancelled_at: None,
        request_counts: RequestCounts::default(),
        metadata: request.metadata.clone(),
    }
}

fn none_such(id: &str) -> ApiError {
    ApiError::not_found(format!("No batch found with id '{id}'.")).at("batch_id")
}

fn ended(status: &str) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, format!("Cannot cancel a batch with status '{status}'."))
        .coded("conflict")
}

fn key_conflict(key: &str) -> ApiError {
    let message = format!(
        "Conflict: the idempotency key '{key}' was used before with other parameters. \
         Use a new key, or the parameters of the first request."
    );
    ApiError::new(StatusCode::CONFLICT, message).at("idempotency_key").coded("conflict")
}
