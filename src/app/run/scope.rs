//! The runner's port, with the gateway behind it.

use crate::gateway::Gateway;
use crate::model::{CaseId, Traffic};
use crate::runner::{CaseScope, Stop, StopReason};
use std::sync::Arc;

/// Tells the gateway which case is in flight.
pub(in crate::app) struct GatewayScope {
    pub(in crate::app) gateway: Arc<Gateway>,
    /// Told to take no further case when the tokens are spent.
    pub(in crate::app) stop: Stop,
}

impl CaseScope for GatewayScope {
    fn open(&self, case: &CaseId) {
        self.gateway.open(case);
    }

    fn pause(&self, case: &CaseId) {
        self.gateway.pause(case);
    }

    fn resume(&self, case: &CaseId) {
        self.gateway.resume(case);
    }

    fn sent(&self, case: &CaseId, text: &[u8]) {
        self.gateway.sent(case, text);
    }

    fn received(&self, case: &CaseId, text: &[u8]) {
        self.gateway.received(case, text);
    }

    fn close(&self, case: &CaseId, keep: bool) -> Traffic {
        let traffic = self.gateway.close(case, keep);
        if let Some(tokens) = self.gateway.spent() {
            let why = format!("the providers counted {tokens} tokens (--max-tokens)");
            self.stop.request(StopReason::NoMoreCases(why));
        }
        traffic
    }
}
