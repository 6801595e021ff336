//! What a run is told.

use crate::external::Workshop;
use crate::fixtures::{Collector, Reach};
use crate::model::{Capabilities, Secret};
use std::sync::Arc;
use std::time::Duration;

/// What a run is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The stack's base URL, without a slash at the end; of each copy, where there are several. At least one.
    pub base_urls: Vec<String>,
    /// How many cases may be in flight.
    pub jobs: usize,
    /// How many processes of other runners there may be at a time, all suites together.
    pub processes: usize,
    /// Where these have their files; without it, their tests are errors.
    pub workshop: Option<Arc<Workshop>>,
    /// The longest a case may take that sets no time of its own.
    pub case_timeout: Duration,
    /// Take no further case after so many failures.
    pub max_failures: Option<usize>,
    /// A token that is different in every run; templates know it as `run.id`.
    pub run_id: String,
    /// A key for the stack itself, sent as `Authorization: Bearer`.
    pub bearer: Option<Secret>,
    /// Whether `repeat` counts: a live model answers. A replay gives the same answer however often it is asked.
    pub repeat: bool,
    /// Whether what is recorded of a case that fails is kept, too.
    pub keep_failed: bool,
    /// Whether a case fails that leaves recorded answers unused.
    pub strict: bool,
    /// Whether differing snapshots are accepted as the new ones.
    pub update_snapshots: bool,
    /// How long a case whose connection broke waits for the news that the stack died; zero where nobody would tell.
    pub death_notice: Duration,
    /// Whether the stack's own recorder has to know which case a request is for.
    pub test_ids: bool,
    /// What the stack offers; cases that need more are skipped.
    pub capabilities: Capabilities,
    /// Where the stack sends its telemetry; cases that expect some are skipped without it.
    pub telemetry: Option<Arc<Collector>>,
    /// Where fixtures listen, and what the stack calls that.
    pub reach: Reach,
}
