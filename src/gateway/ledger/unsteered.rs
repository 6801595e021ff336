//! What a gateway wants of the ledger that no runner of ours steers.

use super::Ledger;
use crate::gateway::UnusedCall;
use crate::gateway::recorder::Recorder;
use crate::model::{CaseId, Traffic};
use crate::recording::Owner;
use crate::wire::message::Request;

impl Ledger {
    /// A case begins without counting as one in flight: when it ends is not known, so that a call that names no case is
    /// not taken for one of its own.
    pub(in crate::gateway) fn admit(&self, owner: Owner) {
        self.begin(&mut self.lock(), owner);
    }

    /// Keeps nothing of what was recorded outside cases.
    pub(in crate::gateway) fn drop_session(&self) {
        let mut inner = self.lock();
        let session = inner.state(Owner::Session);
        let recorder = session.recorder.take();
        session.traffic.live += recorder.as_ref().map_or(0, Recorder::calls);
        drop(inner);
        // Whether a provider was not there is to be known all the same.
        let _unkept = recorder.and_then(|recorder| self.session_set(recorder));
    }

    /// The traffic of `owner` up to now.
    pub(in crate::gateway) fn so_far(&self, owner: &Owner) -> Traffic {
        let inner = self.lock();
        let Some(state) = inner.owners.get(owner) else { return Traffic::default() };
        let mut traffic = state.traffic.clone();
        match (&state.recorder, &state.loaded) {
            (Some(recorder), _) => traffic.recorded = recorder.calls(),
            (None, Some(loaded)) if *owner != Owner::Session => {
                traffic.unused = loaded.unused(&state.given).count();
            }
            _ => {}
        }
        traffic
    }

    /// The cases that were given or refused an answer since they began, whether or not anybody began them.
    pub(in crate::gateway) fn asked(&self) -> Vec<CaseId> {
        let inner = self.lock();
        let asked = inner.owners.iter().filter(|(_, state)| {
            let Traffic { replayed, live, misses, .. } = &state.traffic;
            *replayed > 0 || *live > 0 || !misses.is_empty()
        });
        asked
            .filter_map(|(owner, _)| match owner {
                Owner::Case(case) => Some(case.clone()),
                Owner::Session => None,
            })
            .collect()
    }

    /// The recorded calls of `owner` that nobody made since it began.
    pub(in crate::gateway) fn unused(&self, owner: &Owner) -> Vec<UnusedCall> {
        let inner = self.lock();
        let Some(state) = inner.owners.get(owner) else { return Vec::new() };
        let Some(loaded) = state.loaded.as_ref().filter(|_| state.recorder.is_none()) else {
            return Vec::new();
        };
        let calls = loaded.unused(&state.given).map(|at| {
            let Request { provider, method, path, .. } = &loaded.set.exchanges[at].request;
            let (provider, method, path) = (provider.clone(), method.clone(), path.clone());
            UnusedCall { call: at + 1, provider, method, path }
        });
        calls.collect()
    }
}
