//! All cases of a run, a given number of them in flight.

use super::case_report::skipped;
use super::excuse::Excused;
use super::executor::Executor;
use super::external::Externals;
use super::lanes::Lanes;
use super::queue::Queue;
use super::slots::Slots;
use super::{CaseScope, Settings, Stop, StopReason};
use crate::events::{CaseReport, CaseStart, Event};
use crate::plan::Plan;
use futures_util::future::join_all;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::mpsc::UnboundedSender;

/// What the workers share.
pub(super) struct Shared {
    pub(super) plan: Arc<Plan>,
    pub(super) settings: Settings,
    scope: Arc<dyn CaseScope>,
    pub(super) events: UnboundedSender<Event>,
    pub(super) stop: Stop,
    failed: AtomicUsize,
}

/// Runs every case of `plan`. Reports come as [`Event::CaseFinished`] in the order in which cases end. Returns the snapshots
/// that are new or differ, to be written if the user asked for that.
///
/// # Errors
/// What keeps the HTTP client from being set up, in words.
pub async fn run(
    plan: Arc<Plan>,
    settings: Settings,
    scope: Arc<dyn CaseScope>,
    events: UnboundedSender<Event>,
    stop: Stop,
) -> Result<Vec<(PathBuf, String)>, String> {
    let lanes = Lanes::new(&settings)?;
    let own = plan.cases.iter().filter(|case| case.external.is_none()).count();
    let jobs = settings.jobs.clamp(1, own.max(1));
    let failed = AtomicUsize::new(0);
    let shared = Shared { plan, settings, scope, events, stop, failed };
    // One task drives all workers: what they do between two awaits is microseconds of parsing and comparing, and one
    // task needs no synchronisation between them. The HTTP connections are tasks of their own and use the other cores.
    let workers = tokio::spawn(async move {
        let executor = Executor {
            lanes,
            settings: &shared.settings,
            scope: shared.scope.as_ref(),
            stop: &shared.stop,
            attempts: AtomicU64::new(1),
            excused: Excused::default(),
        };
        let queue = Queue::new(&shared.plan.cases);
        let slots = Slots::new(&shared.settings);
        let externals = Externals { shared: &shared, executor: &executor, slots: &slots };
        let own = join_all((0..jobs).map(|_| shared.work(&queue, &executor, &slots)));
        let (snapshots, ()) = tokio::join!(own, externals.run());
        executor.excused.tell(&shared.events);
        snapshots
    });
    let snapshots = workers.await.map_err(|error| format!("a worker ended abnormally: {error}"))?;
    Ok(snapshots.into_iter().flatten().collect())
}

impl Shared {
    /// Runs cases until none is left, and returns the snapshots that came of them.
    async fn work(
        &self,
        queue: &Queue<'_>,
        executor: &Executor<'_>,
        slots: &Slots,
    ) -> Vec<(PathBuf, String)> {
        let mut all = Vec::new();
        while !self.stop.is_requested() {
            let next = tokio::select! {
                biased;
                () = self.stop.requested() => None,
                next = queue.take() => next,
            };
            let Some(index) = next else { break };
            let case = &self.plan.cases[index];
            let (report, snapshots) = match executor.skip_reason(case) {
                Some(reason) => (skipped(index, case, reason), Vec::new()),
                None => {
                    let _in_flight = slots.case().await;
                    let _ = self.events.send(Event::CaseStarted(CaseStart { index, id: case.id.clone() }));
                    executor.execute(index, case).await
                }
            };
            queue.release(index);
            all.extend(snapshots);
            self.finish(report);
        }
        all
    }

    pub(super) fn finish(&self, report: CaseReport) {
        let is_failure = report.outcome.is_failure();
        let _ = self.events.send(Event::CaseFinished(Box::new(report)));
        if !is_failure {
            return;
        }
        let failed = self.failed.fetch_add(1, Ordering::Relaxed) + 1;
        if self.settings.max_failures.is_some_and(|most| failed >= most) {
            let failures = if failed == 1 { "1 failure".to_owned() } else { format!("{failed} failures") };
            self.stop.request(StopReason::NoMoreCases(format!("stopped after {failures} (--maxfail)")));
        }
    }
}
