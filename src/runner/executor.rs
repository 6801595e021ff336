//! One case from its beginning to its report: skipping, attempts, judging.

use super::attempt::{self, Ended};
use super::client::Client;
use super::{CaseScope, Settings, Stop};
use crate::check::Scope;
use crate::events::{Attempt, CaseReport};
use crate::model::{Outcome, Status, Traffic};
use crate::plan::{PlannedCase, PlannedStep, XFail};
use crate::source::Diagnostic;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What every case of a run shares.
pub(super) struct Executor<'a> {
    pub(super) client: Client,
    pub(super) settings: &'a Settings,
    pub(super) scope: &'a dyn CaseScope,
    pub(super) stop: &'a Stop,
    /// Counts attempts, so that each has a token of its own.
    pub(super) attempts: AtomicU64,
}

/// An attempt with its time and its provider calls.
struct Tried {
    ended: Ended,
    outcome: Outcome,
    traffic: Traffic,
    duration: Duration,
}

impl Executor<'_> {
    /// Why `case` is not run, if it is not.
    pub(super) fn skip_reason(&self, case: &PlannedCase) -> Option<String> {
        if let Some(reason) = &case.skip {
            return Some(reason.clone());
        }
        let mut conditional =
            case.skip_when.iter().filter(|(when, _)| when.holds(&self.settings.capabilities));
        if let Some((_, reason)) = conditional.next() {
            return Some(reason.clone());
        }
        let missing = self.settings.capabilities.missing_api(&case.requires_apis)?;
        Some(format!("the stack does not serve `{missing}`"))
    }

    /// Runs `case` as often as it may need and returns its report with the snapshots to be written.
    pub(super) async fn execute(
        &self,
        index: usize,
        case: &PlannedCase,
    ) -> (CaseReport, Vec<(PathBuf, String)>) {
        let begun = Instant::now();
        let (last, earlier) = match case.repeat {
            Some(repeat) if self.settings.repeat => {
                (self.repeated(case, repeat.times, repeat.pass_rate).await, Vec::new())
            }
            _ => self.retried(case).await,
        };
        let report = CaseReport {
            index,
            id: case.id.clone(),
            suite: case.suite,
            origin: case.origin.clone(),
            steps: last.ended.steps,
            outcome: last.outcome,
            duration: begun.elapsed(),
            failures: last.ended.failures,
            earlier,
            traffic: last.traffic,
        };
        (report, last.ended.snapshots)
    }

    async fn retried(&self, case: &PlannedCase) -> (Tried, Vec<Attempt>) {
        let mut earlier = Vec::new();
        loop {
            let tried = self.try_once(case).await;
            let spent = earlier.len() >= usize::try_from(case.retries).unwrap_or(usize::MAX);
            // A missing recording is as missing the second time, and who wants the run to end wants no retry.
            let hopeless = !tried.traffic.misses.is_empty() || self.stop.is_requested();
            if spent || hopeless || !tried.outcome.is_failure() {
                return (tried, earlier);
            }
            earlier.push(Attempt { duration: tried.duration, failures: tried.ended.failures });
        }
    }

    async fn repeated(&self, case: &PlannedCase, times: u32, pass_rate: f64) -> Tried {
        let mut passes = 0;
        let mut runs = 0;
        let mut last: Option<Tried> = None;
        while runs < times && !(runs > 0 && self.stop.is_requested()) {
            let tried = self.try_once(case).await;
            runs += 1;
            if matches!(tried.outcome, Outcome::Passed) {
                passes += 1;
            }
            let traffic = last.as_ref().map(|last| last.traffic.clone()).unwrap_or_default();
            // Keep the most telling attempt: a failed one over one that passed.
            let telling = match last.take() {
                Some(last) if matches!(tried.outcome, Outcome::Passed) => {
                    Tried { traffic: tried.traffic, ..last }
                }
                _ => tried,
            };
            let mut sum = traffic;
            sum.add(&telling.traffic);
            last = Some(Tried { traffic: sum, ..telling });
        }
        let mut tried = match last {
            Some(tried) => tried,
            None => self.try_once(case).await,
        };
        let enough = f64::from(passes) >= pass_rate * f64::from(runs);
        let what = format!("passed {passes} of {runs} times; {:.0} % were wanted", pass_rate * 100.0);
        if enough {
            tried.outcome = Outcome::Passed;
            tried.ended.failures.clear();
        } else {
            tried.outcome = Outcome::Failed;
            tried.ended.failures.insert(0, Diagnostic::at(case.origin.clone(), what));
        }
        tried
    }

    async fn try_once(&self, case: &PlannedCase) -> Tried {
        let begun = Instant::now();
        self.scope.open(&case.id);
        // A case that sets no time of its own may wait as long as its steps say, on top.
        let limit = case.timeout.unwrap_or_else(|| self.settings.case_timeout + waits(&case.steps));
        let ended = attempt::run(
            (&self.client, self.scope),
            case,
            self.names(case),
            limit,
            (self.stop, self.settings.death_notice),
        )
        .await;
        let stack = &self.settings.capabilities;
        let outcome = judge(case.xfail.iter().find(|xfail| xfail.when.holds(stack)), &ended);
        let well = matches!(
            outcome,
            Outcome::Passed | Outcome::XFailed { .. } | Outcome::XPassed { strict: false, .. }
        );
        let keep = well || self.settings.keep_failed && outcome.status() == Status::Failed;
        let mut traffic = self.scope.close(&case.id, keep);
        for miss in &mut traffic.misses {
            let step = miss.step.as_ref().and_then(|step| step.parse::<usize>().ok()?.checked_sub(1));
            miss.place = step.and_then(|step| ended.steps.get(step)).map(ToString::to_string);
        }
        // A missing recording fails the case whatever the stack made of it, expected failure or not: nothing was tested.
        let outcome = if traffic.misses.is_empty() { outcome } else { Outcome::Failed };
        let mut tried = Tried { ended, outcome, traffic, duration: begun.elapsed() };
        if self.settings.strict && well && tried.traffic.unused > 0 {
            tried.ended.failures.push(leftover(case, tried.traffic.unused));
            tried.outcome = Outcome::Failed;
        }
        tried
    }

    fn names(&self, case: &PlannedCase) -> Scope {
        let settings = self.settings;
        let unique = format!("{}-{}", settings.run_id, self.attempts.fetch_add(1, Ordering::Relaxed));
        let mut scope = attempt::scope(case, &settings.base_url, &settings.run_id, &unique);
        scope.update_snapshots = settings.update_snapshots;
        scope
    }
}

/// What is said where `--strict` finds recorded answers that nothing asked for.
fn leftover(case: &PlannedCase, unused: usize) -> Diagnostic {
    let (calls, were) = if unused == 1 { ("call", "was") } else { ("calls", "were") };
    let what = format!("{unused} recorded provider {calls} {were} not asked for");
    Diagnostic::at(case.origin.clone(), what).hint(
        "if the case no longer needs it, `stack-test record` replaces what is recorded of the case whole",
    )
}

/// How long steps may wait for something, all together.
fn waits(steps: &[PlannedStep]) -> Duration {
    let wait = |step: &PlannedStep| match step {
        PlannedStep::Request(step) => step.polling.as_ref().map(|polling| polling.within).unwrap_or_default(),
        PlannedStep::Fragment { steps, .. } => waits(steps),
    };
    steps.iter().map(wait).sum()
}

fn judge(xfail: Option<&XFail>, ended: &Ended) -> Outcome {
    match (xfail, ended) {
        (_, Ended { skipped: Some(reason), failures, .. }) if failures.is_empty() => {
            Outcome::Skipped { reason: reason.clone() }
        }
        (_, Ended { infrastructure: true, .. }) => Outcome::Error,
        (None, ended) if ended.failures.is_empty() => Outcome::Passed,
        (None, _) => Outcome::Failed,
        (Some(xfail), ended) if ended.failures.is_empty() => {
            Outcome::XPassed { reason: xfail.reason.clone(), strict: xfail.strict }
        }
        (Some(xfail), _) => Outcome::XFailed { reason: xfail.reason.clone() },
    }
}
