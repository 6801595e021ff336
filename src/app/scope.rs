//! The runner's port, with the gateway behind it.

use crate::gateway::Gateway;
use crate::model::{CaseId, Traffic};
use crate::runner::CaseScope;
use std::sync::Arc;

/// Tells the gateway which case is in flight.
pub(super) struct GatewayScope(pub(super) Arc<Gateway>);

impl CaseScope for GatewayScope {
    fn open(&self, case: &CaseId) {
        self.0.open(case);
    }

    fn sent(&self, case: &CaseId, text: &[u8]) {
        self.0.sent(case, text);
    }

    fn received(&self, case: &CaseId, text: &[u8]) {
        self.0.received(case, text);
    }

    fn close(&self, case: &CaseId, keep: bool) -> Traffic {
        self.0.close(case, keep)
    }
}
