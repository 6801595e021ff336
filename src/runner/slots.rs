//! What is there to be shared by our own cases and by processes of other runners.

use super::Settings;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many cases may be in flight, and how many processes there may be.
///
/// Who waits for a slot gets it in the order of asking, so that no kind of case keeps the others waiting. A process needs
/// none while it starts.
pub(super) struct Slots {
    cases: Semaphore,
    processes: Semaphore,
    /// Whether only one case may be in flight at all.
    pub(super) alone: bool,
}

impl Slots {
    pub(super) fn new(settings: &Settings) -> Self {
        let jobs = settings.jobs.clamp(1, Semaphore::MAX_PERMITS);
        let processes = settings.processes.clamp(1, jobs);
        Self { cases: Semaphore::new(jobs), processes: Semaphore::new(processes), alone: jobs == 1 }
    }

    /// The right to have a case in flight.
    pub(super) async fn case(&self) -> Option<SemaphorePermit<'_>> {
        // Nobody closes it.
        self.cases.acquire().await.ok()
    }

    /// The right to have a process.
    pub(super) async fn process(&self) -> Option<SemaphorePermit<'_>> {
        self.processes.acquire().await.ok()
    }

    /// How many processes there may be.
    pub(super) fn processes(&self, settings: &Settings) -> usize {
        settings.processes.clamp(1, settings.jobs.max(1))
    }
}
