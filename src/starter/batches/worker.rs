//! Working a batch off.

use super::CreateBatch;
use super::input::{BatchRequest, read_requests};
use super::object::{Batch, BatchError, BatchErrors, Status};
use super::output::{OutputLine, line};
use super::store::{Created, Signals};
use crate::starter::api_error::ApiError;
use crate::starter::call_context::CallContext;
use crate::starter::files::NewFile;
use crate::starter::operation::Operation;
use crate::starter::relay::relay_whole;
use crate::starter::request_body::JsonBody;
use crate::starter::shared::Shared;
use futures_util::{StreamExt, stream};
use std::sync::Arc;
use std::time::Duration;

/// How long a batch that nobody looks at is `validating` before anything is asked of a provider. One that is looked at
/// goes on at once: its client waits. So a client can cancel a batch before a token is spent, however busy the machine is,
/// and nobody waits for the sake of those who cancel.
const VALIDATING: Duration = Duration::from_secs(2);
/// How many requests of a batch are under way at once.
const AT_ONCE: usize = 10;

/// Creates the batch that `request` asks for and has it worked off. Its provider calls carry what `context` holds: the
/// trace of the request that created it.
///
/// # Errors
/// 409 for an idempotency key that stands for another batch.
pub(crate) fn start(
    shared: &Arc<Shared>,
    request: CreateBatch,
    context: CallContext,
) -> Result<Batch, ApiError> {
    let operation = request.operation;
    match shared.batches.create(request)? {
        Created::Known(batch) => Ok(batch),
        Created::New(batch, signals) => {
            let job = Job { shared: Arc::clone(shared), batch: batch.clone(), operation, context };
            shared.in_background(async move { job.run(signals).await });
            Ok(batch)
        }
    }
}

struct Job {
    shared: Arc<Shared>,
    batch: Batch,
    operation: &'static Operation,
    context: CallContext,
}

/// The lines that are done.
#[derive(Default)]
struct Done {
    output: Vec<String>,
    errors: Vec<String>,
}

impl Job {
    async fn run(&self, signals: Signals) {
        let mut done = Done::default();
        let ended = tokio::select! {
            biased;
            () = signals.cancelled.cancelled() => None,
            result = self.work(&signals, &mut done) => Some(result),
        };
        match ended {
            Some(Ok(())) => {
                self.advance(Status::Finalizing, |batch, now| batch.finalizing_at = Some(now));
                if self.write_files(&done) {
                    self.advance(Status::Completed, |batch, now| batch.completed_at = Some(now));
                }
            }
            Some(Err(errors)) => self.fail(errors),
            None => {
                self.write_files(&done);
            }
        }
        // A batch can be cancelled at any moment before it has ended, also between the last answer and here.
        if self.shared.batches.get(&self.batch.id).is_ok_and(|batch| batch.status == Status::Cancelling) {
            self.advance(Status::Cancelled, |batch, now| batch.cancelled_at = Some(now));
        }
    }

    async fn work(&self, signals: &Signals, done: &mut Done) -> Result<(), Vec<BatchError>> {
        // Either way it goes on.
        let _ = tokio::time::timeout(VALIDATING, signals.looked_at.cancelled()).await;
        let requests = self.requests().await?;
        self.advance(Status::InProgress, |batch, now| {
            batch.in_progress_at = Some(now);
            batch.request_counts.total = requests.len();
        });
        let mut lines = stream::iter(requests).map(|request| self.ask(request)).buffered(AT_ONCE);
        while let Some(line) = lines.next().await {
            self.keep(line, done);
        }
        Ok(())
    }

    async fn requests(&self) -> Result<Vec<BatchRequest>, Vec<BatchError>> {
        let file = self.shared.files.get(&self.batch.input_file_id).map_err(|_| {
            let message = format!("Cannot find file {}, or it has been deleted.", self.batch.input_file_id);
            let param = Some("input_file_id".to_owned());
            vec![BatchError { code: "invalid_request", line: None, message, param }]
        })?;
        read_requests(&file.content, self.operation, &self.shared.registry).await
    }

    async fn ask(&self, request: BatchRequest) -> OutputLine {
        let answer = match JsonBody::from_text(request.body) {
            Ok(body) => relay_whole(&self.shared, self.operation, &self.context, body).await,
            Err(error) => Err(error),
        };
        line(&request.custom_id, answer)
    }

    fn keep(&self, line: OutputLine, done: &mut Done) {
        let lines = if line.succeeded { &mut done.output } else { &mut done.errors };
        lines.push(line.text);
        let (completed, failed) = (done.output.len(), done.errors.len());
        self.shared.batches.change(&self.batch.id, |batch| {
            batch.request_counts.completed = completed;
            batch.request_counts.failed = failed;
        });
    }

    /// Writes what there is to write; whether there was room.
    fn write_files(&self, done: &Done) -> bool {
        match (self.write("output", &done.output), self.write("error", &done.errors)) {
            (Ok(output), Ok(errors)) => {
                self.shared.batches.change(&self.batch.id, |batch| {
                    batch.output_file_id = output;
                    batch.error_file_id = errors;
                });
                true
            }
            (Err(error), _) | (_, Err(error)) => {
                let error =
                    BatchError { code: "output_failed", line: None, message: error.message, param: None };
                self.fail(vec![error]);
                false
            }
        }
    }

    /// Writes a file of `lines`; none where there are none, as with OpenAI.
    fn write(&self, kind: &str, lines: &[String]) -> Result<Option<String>, ApiError> {
        if lines.is_empty() {
            return Ok(None);
        }
        let mut content = lines.join("\n");
        content.push('\n');
        let file = NewFile {
            filename: format!("{}_{kind}.jsonl", self.batch.id),
            purpose: "batch_output".to_owned(),
            content: content.into(),
            expires_after: None,
        };
        self.shared.files.add(file).map(|file| Some(file.id))
    }

    fn fail(&self, data: Vec<BatchError>) {
        self.advance(Status::Failed, |batch, now| {
            batch.failed_at = Some(now);
            batch.errors = Some(BatchErrors { object: "list", data });
        });
    }

    fn advance(&self, status: Status, change: impl FnOnce(&mut Batch, u64)) {
        self.shared.batches.advance(&self.batch.id, status, change);
    }
}
