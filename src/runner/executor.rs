//! One case from its beginning to its report: skipping, attempts, judging.

use super::attempt::{self, Ended};
use super::case_report::report;
use super::client::Client;
use super::excuse::{Excused, says_failed};
use super::lanes::Lanes;
use super::telemetry::Heard;
use super::{CaseScope, Settings, Stop};
use crate::check::Scope;
use crate::events::{Attempt, CaseReport};
use crate::fixtures;
use crate::model::{Outcome, Traffic};
use crate::plan::{PlannedCase, PlannedStep, XFail};
use crate::source::Diagnostic;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What every case of a run shares.
pub(super) struct Executor<'a> {
    pub(super) lanes: Lanes,
    pub(super) settings: &'a Settings,
    pub(super) scope: &'a dyn CaseScope,
    pub(super) stop: &'a Stop,
    /// Counts attempts, so that each has a token of its own.
    pub(super) attempts: AtomicU64,
    /// Who was skipped after a provider call of its own had failed.
    pub(super) excused: Excused,
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
        if self.settings.telemetry.is_none() && case.asks_telemetry() {
            return Some("the stack sends no telemetry here".to_owned());
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
        let client = self.lanes.take();
        let (last, earlier) = match case.repeat {
            Some(repeat) if self.settings.repeat => {
                (self.repeated(&client, case, repeat.times, repeat.pass_rate).await, Vec::new())
            }
            _ => self.retried(&client, case).await,
        };
        let report = CaseReport {
            steps: last.ended.steps,
            duration: begun.elapsed(),
            failures: last.ended.failures,
            earlier,
            traffic: last.traffic,
            ..report(index, case, last.outcome)
        };
        (report, last.ended.snapshots)
    }

    async fn retried(&self, client: &Client, case: &PlannedCase) -> (Tried, Vec<Attempt>) {
        let mut earlier = Vec::new();
        loop {
            let tried = self.try_once(client, case).await;
            let spent = earlier.len() >= usize::try_from(case.retries).unwrap_or(usize::MAX);
            // A missing recording is as missing the second time, and who wants the run to end wants no retry.
            let hopeless = !tried.traffic.misses.is_empty() || self.stop.is_requested();
            if spent || hopeless || !tried.outcome.is_failure() {
                return (tried, earlier);
            }
            earlier.push(Attempt { duration: tried.duration, failures: tried.ended.failures });
        }
    }

    async fn repeated(&self, client: &Client, case: &PlannedCase, times: u32, pass_rate: f64) -> Tried {
        let mut passes = 0;
        let mut runs = 0;
        let mut last: Option<Tried> = None;
        while runs < times && !(runs > 0 && self.stop.is_requested()) {
            let tried = self.try_once(client, case).await;
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
            None => self.try_once(client, case).await,
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

    async fn try_once(&self, client: &Client, case: &PlannedCase) -> Tried {
        let begun = Instant::now();
        self.scope.open(&case.id);
        // A case that sets no time of its own may wait as long as its steps say, on top.
        let limit = case.timeout.unwrap_or_else(|| self.settings.case_timeout + waits(&case.steps));
        let ended = self.attempt(client, case, limit).await;
        let stack = &self.settings.capabilities;
        let outcome = judge(case.xfail.iter().find(|xfail| xfail.when.holds(stack)), &ended);
        let (ended, outcome, traffic) = self.close(case, ended, outcome);
        Tried { ended, outcome, traffic, duration: begun.elapsed() }
    }

    /// Tells the gateway that `case` has ended, and settles what its outcome and its provider calls mean together.
    pub(super) fn close(
        &self,
        case: &PlannedCase,
        mut ended: Ended,
        outcome: Outcome,
    ) -> (Ended, Outcome, Traffic) {
        let well = matches!(
            outcome,
            Outcome::Passed | Outcome::XFailed { .. } | Outcome::XPassed { strict: false, .. }
        );
        // Other runners' tests may ask first, and then skip: without the answer, the next run would not get to the skip.
        let skipped = matches!(&outcome, Outcome::Skipped { reason } if case.external.is_some() && !says_failed(reason));
        let failed = matches!(outcome, Outcome::Failed | Outcome::XPassed { strict: true, .. });
        let keep = well || skipped || self.settings.keep_failed && failed;
        let mut traffic = self.scope.close(&case.id, keep);
        for miss in &mut traffic.misses {
            let step = miss.step.as_ref().and_then(|step| step.parse::<usize>().ok()?.checked_sub(1));
            miss.place = step.and_then(|step| ended.steps.get(step)).map(ToString::to_string);
        }
        // A missing recording fails the case whatever the stack made of it, expected failure or not: nothing was tested.
        let mut outcome = if traffic.misses.is_empty() { outcome } else { Outcome::Failed };
        if self.settings.strict && well && traffic.unused > 0 {
            ended.failures.push(leftover(case, traffic.unused));
            outcome = Outcome::Failed;
        }
        self.excused.look_at(&case.id, &outcome, &mut traffic);
        (ended, outcome, traffic)
    }

    async fn attempt(&self, client: &Client, case: &PlannedCase, limit: Duration) -> Ended {
        let mut names = self.names(client, case);
        // They run as long as this is held.
        let fixtures = match fixtures::open(&case.fixtures, &names, &self.settings.reach).await {
            Ok(fixtures) => fixtures,
            Err(error) => {
                let failures = vec![Diagnostic::at(case.origin.clone(), error.to_string())];
                return Ended { failures, infrastructure: true, ..Ended::default() };
            }
        };
        names.set("fixtures", fixtures.names.clone());
        let heard = self.settings.telemetry.as_ref().filter(|_| case.asks_telemetry()).map(Heard::from_now);
        attempt::run((client, self.scope, heard), case, names, limit, (self.stop, self.settings.death_notice))
            .await
    }

    fn names(&self, client: &Client, case: &PlannedCase) -> Scope {
        let settings = self.settings;
        let unique = format!("{}-{}", settings.run_id, self.attempts.fetch_add(1, Ordering::Relaxed));
        let mut scope = attempt::scope(case, client.base_url(), &settings.run_id, &unique);
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
