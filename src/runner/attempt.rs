//! One attempt at a case: its steps in order, then whatever must run at the end.

use super::client::{Client, NoAnswer, Sender};
use super::telemetry::{self, Heard};
use super::{CaseScope, Stop, form, polling};
use crate::check::{Ending, Observed, Reference, Scope};
use crate::model::CaseId;
use crate::plan::{Body, PlannedCase, PlannedStep, RequestStep};
use crate::source::{Diagnostic, Origin};
use serde_json::{Value, json};
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The longest that the steps of a `finally` may take together, also when the run is being ended.
const FINALLY_TIMEOUT: Duration = Duration::from_secs(30);

/// What came of an attempt.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Everything that was wrong.
    pub(super) failures: Vec<Diagnostic>,
    /// Whether that is the fault of something else than the thing under test.
    pub(super) infrastructure: bool,
    /// Set if the case asked to be skipped.
    pub(super) skipped: Option<String>,
    /// Where the steps are written that were begun, in their order.
    pub(super) steps: Vec<Origin>,
    /// Snapshots that differ or are new.
    pub(super) snapshots: Vec<(PathBuf, String)>,
}

/// Why the steps of a case went no further.
pub(super) enum Halt {
    /// The case failed; the failures are noted.
    Failed,
    /// The case asked to be skipped.
    Skip(String),
}

/// What the steps of an attempt share.
pub(super) struct Attempt<'a> {
    pub(super) client: &'a Client,
    /// Told what is sent and received.
    pub(super) port: &'a dyn CaseScope,
    /// What the stack tells of its work, if the case looks at it.
    pub(super) heard: Option<Heard>,
    pub(super) case: &'a CaseId,
    /// What the stack's own recorder has to know it as.
    test_id: Option<String>,
    pub(super) scope: Scope,
    pub(super) deadline: Instant,
    /// The time the case has, for messages.
    pub(super) limit: Duration,
    pub(super) ended: Ended,
    /// Set once a connection was refused, or broke before its answer was whole.
    lost: bool,
    /// What must run at the end, in the order in which it was begun.
    cleanups: Vec<Cleanup>,
}

/// Steps of a fragment that must run at the end.
struct Cleanup {
    steps: Arc<[PlannedStep]>,
    /// The names as they were when the fragment ended; `None` while it has not.
    scope: Option<Scope>,
}

/// Runs `case` once. Where its connection broke, `patience` is how long to wait for the news that the stack died: then it is
/// not the case that failed.
pub(super) async fn run(
    (client, port, heard): (&Client, &dyn CaseScope, Option<Heard>),
    case: &PlannedCase,
    scope: Scope,
    limit: Duration,
    (stop, patience): (&Stop, Duration),
) -> Ended {
    let mut attempt = Attempt {
        client,
        port,
        heard,
        case: &case.id,
        test_id: client.test_id(case),
        scope,
        deadline: Instant::now() + limit,
        limit,
        ended: Ended::default(),
        lost: false,
        cleanups: Vec::new(),
    };
    let mut halt = tokio::select! {
        biased;
        reason = stop.broken_off() => Err(attempt.broken_off(case, &reason)),
        halt = attempt.steps(&case.steps) => halt,
    };
    if attempt.lost
        && let Ok(reason) = timeout(patience, stop.broken_off()).await
    {
        halt = Err(attempt.broken_off(case, &reason));
    }
    if let Err(Halt::Skip(reason)) = halt {
        attempt.ended.skipped = Some(reason);
    }
    attempt.clean_up(case).await;
    attempt.ended
}

impl Attempt<'_> {
    /// Runs steps one after the other, up to the first that fails. Boxed because a fragment's steps are steps.
    fn steps<'s>(
        &'s mut self,
        steps: &'s [PlannedStep],
    ) -> Pin<Box<dyn Future<Output = Result<(), Halt>> + Send + 's>> {
        Box::pin(async move {
            for step in steps {
                match step {
                    PlannedStep::Request(step) => self.request(step).await?,
                    PlannedStep::Fragment { with, steps, finally, .. } => {
                        for (name, template) in with {
                            let value = template.render(&self.scope).map_err(|error| self.fail(error))?;
                            self.scope.set(name.clone(), value);
                        }
                        // Noted before it begins: whatever breaks it off, its `finally` runs.
                        let place = self.cleanups.len();
                        self.cleanups.push(Cleanup { steps: Arc::clone(finally), scope: None });
                        let result = self.steps(steps).await;
                        self.cleanups[place].scope = Some(self.scope.clone());
                        result?;
                    }
                }
            }
            Ok(())
        })
    }

    async fn request(&mut self, step: &RequestStep) -> Result<(), Halt> {
        self.ended.steps.push(step.origin.clone());
        let mut observed = match &step.polling {
            Some(polling) => polling::poll(self, step, polling).await?,
            None => self.ask(step).await?,
        };
        self.port.taken(self.case, step, &observed);
        let evaluation = telemetry::judge(self, step, &mut observed).await;
        self.ended.snapshots.extend(evaluation.snapshots);
        let mut failures = evaluation.failures;
        if failures.is_empty() && step.expect.is_empty() && step.polling.is_none() {
            failures.extend(unexpected_error(step, &observed));
        }
        if failures.is_empty() {
            failures.extend(step.capture.apply(&observed, &mut self.scope));
        }
        if failures.is_empty() {
            return Ok(());
        }
        self.ended.failures.extend(failures);
        Err(Halt::Failed)
    }

    /// Sends the request of `step` once.
    pub(super) async fn ask(&mut self, step: &RequestStep) -> Result<Observed, Halt> {
        let said = |text: &[u8]| self.port.sent(self.case, text);
        let request =
            form::request(self.client, step, &self.scope, &said).map_err(|error| self.fail(error))?;
        let deadline =
            step.timeout.map_or(self.deadline, |timeout| self.deadline.min(Instant::now() + timeout));
        let sender = Sender {
            case: self.case,
            step: self.ended.steps.len(),
            test_id: self.test_id.as_deref(),
            observed: self.heard.is_some(),
        };
        match self.client.send(request, sender, self.port, deadline).await {
            Ok(observed) => {
                self.lost |= matches!(observed.ending, Ending::Aborted(_));
                Ok(observed)
            }
            Err(error) => {
                self.ended.infrastructure |= matches!(error, NoAnswer::Unreachable(_));
                self.lost |= matches!(error, NoAnswer::Unreachable(_) | NoAnswer::Broken(_));
                Err(self.fail(no_answer(&step.origin, &error, self.limit)))
            }
        }
    }

    pub(super) fn fail(&mut self, failure: Diagnostic) -> Halt {
        self.ended.failures.push(failure);
        Halt::Failed
    }

    /// Runs the case's own `finally`, then those of its fragments, last begun first.
    async fn clean_up(&mut self, case: &PlannedCase) {
        self.deadline = Instant::now() + FINALLY_TIMEOUT;
        let went_wrong = !self.ended.failures.is_empty() || self.ended.skipped.is_some();
        let mut next = Some(Cleanup { steps: Arc::clone(&case.finally), scope: None });
        while let Some(Cleanup { steps, scope }) = next {
            self.scope = scope.unwrap_or_else(|| self.scope.clone());
            for step in steps.iter() {
                // A case that broke off early has not captured every name its `finally` uses; that is no second failure.
                if went_wrong && !has_its_names(step, &self.scope) {
                    continue;
                }
                let _ = self.steps(std::slice::from_ref(step)).await;
            }
            next = self.cleanups.pop();
        }
    }

    /// Notes that the case did not come to its end, for a reason that is not its own.
    fn broken_off(&mut self, case: &PlannedCase, reason: &str) -> Halt {
        self.ended.infrastructure = true;
        self.fail(Diagnostic::at(case.origin.clone(), format!("the case was broken off: {reason}")))
    }
}

/// Whether every name that `step` sends is in `scope`.
fn has_its_names(step: &PlannedStep, scope: &Scope) -> bool {
    let known =
        |references: Vec<Reference>| references.iter().all(|reference| scope.get(&reference.path).is_some());
    match step {
        PlannedStep::Request(step) => {
            let body = match &step.body {
                Body::Json(template) => template.references(),
                Body::Text(template) => template.references(),
                Body::None | Body::Multipart(_) => Vec::new(),
            };
            known(step.path.references())
                && known(body)
                && step.query.iter().all(|(_, template)| known(template.references()))
                && step.headers.iter().all(|(_, template)| known(template.references()))
        }
        PlannedStep::Fragment { with, .. } => with.iter().all(|(_, template)| known(template.references())),
    }
}

/// Who expects nothing does not expect an error.
fn unexpected_error(step: &RequestStep, observed: &Observed) -> Option<Diagnostic> {
    if observed.status < 400 {
        return None;
    }
    let body = String::from_utf8_lossy(&observed.body[..observed.body.len().min(1000)]).into_owned();
    let what = format!("the answer is an error: status {}", observed.status);
    let hint =
        "a step without `expect` wants a status below 400; `expect: { status: … }` says what it really wants";
    Some(Diagnostic::at(step.origin.clone(), what).note(format!("the answer was: {body}")).hint(hint))
}

fn no_answer(origin: &Origin, error: &NoAnswer, limit: Duration) -> Diagnostic {
    let origin = origin.clone();
    match error {
        NoAnswer::Unreachable(why) => Diagnostic::at(origin, format!("the stack cannot be reached: {why}")),
        NoAnswer::Broken(why) => {
            Diagnostic::at(origin, format!("the stack broke off before it answered: {why}"))
        }
        NoAnswer::TimedOut(after) => Diagnostic::at(origin, format!("no answer within {after:.1?}"))
            .hint(format!("the case has {limit:?}; `timeout:` in the suite or --case-timeout gives it more")),
        NoAnswer::Invalid(why) => Diagnostic::at(origin, format!("the request cannot be made: {why}")),
    }
}

/// The names every case may use, beside its parameters.
pub(super) fn scope(case: &PlannedCase, base_url: &str, run_id: &str, unique: &str) -> Scope {
    let mut scope = Scope::new(case.names.clone());
    scope.set("stack", json!({ "url": base_url }));
    scope.set("run", json!({ "id": run_id }));
    scope.set("case", json!({ "id": case.id.to_string(), "name": case.id.case() }));
    scope.set("unique", Value::String(unique.to_owned()));
    scope
}
