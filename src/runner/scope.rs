//! The port through which the runner says which case is in flight.

use crate::check::Observed;
use crate::model::{CaseId, Traffic};
use crate::plan::RequestStep;

/// Told when a case begins and ends, so that provider calls can be attributed to it.
pub trait CaseScope: Send + Sync {
    /// `case` begins. Opening it again (a retry) starts it afresh.
    fn open(&self, case: &CaseId);

    /// Until [`CaseScope::resume`], what several cases share is being set up or taken down: what is asked of the stack is not
    /// `case`'s own, though it has begun.
    fn pause(&self, case: &CaseId) {
        let _ = case;
    }

    /// `case` goes on.
    fn resume(&self, case: &CaseId) {
        let _ = case;
    }

    /// `case` is about to send `text` (a URL, a body) to the stack. What it names, the stack has not made up.
    fn sent(&self, case: &CaseId, text: &[u8]) {
        let _ = (case, text);
    }

    /// The stack has answered `case` with the body `text`.
    fn received(&self, case: &CaseId, text: &[u8]) {
        let _ = (case, text);
    }

    /// The same, as a whole: `asked` is the method and the URL that was asked, `answer` what came of it.
    fn answered(&self, case: &CaseId, asked: (&str, &str), answer: &Observed) {
        let _ = (case, asked, answer);
    }

    /// `case` takes `observed` for the answer to `step`: of a request that was repeated, the last answer.
    fn taken(&self, case: &CaseId, step: &RequestStep, observed: &Observed) {
        let _ = (case, step, observed);
    }

    /// `case` has ended. With `keep`, what was recorded for it replaces what was there before; without, what was there
    /// stays. Returns the provider calls that were made on its behalf.
    fn close(&self, case: &CaseId, keep: bool) -> Traffic;
}

/// For a stack whose provider calls do not pass through a gateway of ours.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGateway;

impl CaseScope for NoGateway {
    fn open(&self, _case: &CaseId) {}

    fn close(&self, _case: &CaseId, _keep: bool) -> Traffic {
        Traffic::default()
    }
}
