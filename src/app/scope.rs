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

    fn close(&self, case: &CaseId, keep: bool) -> Traffic {
        self.0.close(case, keep)
    }
}
