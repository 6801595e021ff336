//! Skips that are errors in disguise.
//!
//! Suites skip where a batch failed or a poll timed out, since that may be nobody's fault. It may also be that a provider's
//! answer was an error, or that it was never recorded: then the skip hides that nothing was tested.

use crate::events::Event;
use crate::model::{CaseId, Outcome, Traffic};
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc::UnboundedSender;

/// Words of a reason that is an error in disguise.
const WORDS: [&str; 5] = ["failed", "timed out", "timeout", "expired", "did not complete"];
/// Cases that are named in one line.
const NAMED: usize = 10;

/// Whether the reason of a skip is an error in disguise.
pub(super) fn says_failed(reason: &str) -> bool {
    let said = reason.to_lowercase();
    WORDS.iter().any(|word| said.contains(word))
}

/// The cases that were skipped after a failed provider call.
#[derive(Default)]
pub(super) struct Excused(Mutex<Vec<String>>);

impl Excused {
    /// Notes `case` if it belongs here, and says so in what is told of its calls.
    pub(super) fn look_at(&self, case: &CaseId, outcome: &Outcome, traffic: &mut Traffic) {
        let Outcome::Skipped { reason } = outcome else { return };
        if traffic.failed == 0 && !says_failed(reason) {
            return;
        }
        traffic.note(Traffic::SKIPPED_AFTER_FAILURE.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{case} ({reason})"));
    }

    /// Tells of them, if there are any.
    pub(super) fn tell(&self, events: &UnboundedSender<Event>) {
        let mut all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if all.is_empty() {
            return;
        }
        all.sort();
        let count = all.len();
        if count > NAMED {
            all.truncate(NAMED);
            all.push(format!("and {} more", count - NAMED));
        }
        let notice = format!("{count} {}: {}", Traffic::SKIPPED_AFTER_FAILURE, all.join(", "));
        let _ = events.send(Event::Notice(notice));
    }
}
