//! Waiting for what the stack tells of its work: it comes some time after the answer that it is about.

use super::attempt::Attempt;
use super::client::trace_id;
use crate::check::{Evaluation, Observed};
use crate::fixtures::{Collector, Mark};
use crate::plan::RequestStep;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The longest wait for it: exporters send in batches, every five seconds where nobody says otherwise.
const LONGEST: Duration = Duration::from_secs(10);

/// The collector of the run, and where it stood when the attempt began.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    collector: Arc<Collector>,
    begun: Mark,
}

impl Heard {
    pub(super) fn from_now(collector: &Arc<Collector>) -> Self {
        Self { collector: Arc::clone(collector), begun: collector.mark() }
    }
}

/// Judges the answer to `step`, again with each message of telemetry until all that is expected of it holds.
pub(super) async fn judge(attempt: &Attempt<'_>, step: &RequestStep, observed: &mut Observed) -> Evaluation {
    let Some(heard) = attempt.heard.as_ref().filter(|_| step.expect.asks_telemetry()) else {
        return step.expect.evaluate(observed, &attempt.scope);
    };
    let trace = trace_id(attempt.case);
    let deadline = attempt.deadline.min(Instant::now() + LONGEST);
    let mut messages = heard.collector.messages();
    loop {
        messages.mark_unchanged();
        observed.telemetry = heard.collector.since(heard.begun, &trace);
        let evaluation = step.expect.evaluate(observed, &attempt.scope);
        let changed = timeout_at(deadline, messages.changed());
        // What fails for another reason is not mended by waiting, but which failure is about what is not known here.
        if evaluation.failures.is_empty() || changed.await.is_err() {
            return evaluation;
        }
    }
}
