//! Providers that could not be reached while something was recorded.
//!
//! That a server was not started is true of one moment. Kept, a case that puts up with an error would pass for ever.

use super::{Inner, Ledger, Ticket};
use crate::gateway::recorder::Recorder;
use crate::gateway::{Error, Unreached};
use crate::recording::{Owner, Set};
use crate::wire::message::End;

impl Ledger {
    /// The provider of the call of `ticket` could not be reached.
    pub(in crate::gateway) fn unreached(&self, ticket: &Ticket, unreached: Unreached) {
        if self.keeps_unreached {
            return;
        }
        let mut inner = self.lock();
        let state = inner.state(ticket.owner.clone());
        if let Some(recorder) = state.recorder.as_mut().filter(|_| state.attempt == ticket.attempt) {
            recorder.not_reached(unreached);
        }
    }

    /// The set of the calls outside cases; `None` if it stays as it was, as a provider was not there.
    pub(super) fn session_set(&self, recorder: Recorder) -> Option<Set> {
        let old = self.store.load(&Owner::Session).unwrap_or_default();
        let unreached = recorder.unreached().to_vec();
        let set = recorder.into_session(old.as_ref(), self.rules.of(&Owner::Session));
        if !unreached.is_empty() && has_new_silence(&set, old.as_ref()) {
            self.lock().not_recorded(&Owner::Session, unreached);
            return None;
        }
        Some(set)
    }
}

impl Inner {
    /// Notes that the set of `owner` stays as it was, since these were not there: once for each provider.
    pub(super) fn not_recorded(&mut self, owner: &Owner, found: Vec<Unreached>) {
        for found in found {
            let known = self.errors.iter_mut().find_map(|error| match error {
                Error::Unreached { unreached, owners } if unreached.is_same(&found) => Some(owners),
                _ => None,
            });
            match known {
                Some(owners) if owners.contains(owner) => {}
                Some(owners) => owners.push(owner.clone()),
                None => self.errors.push(Error::Unreached { unreached: found, owners: vec![owner.clone()] }),
            }
        }
    }

    /// What was noted of `owner` was so of an attempt that does not count.
    pub(super) fn forget_unreached(&mut self, owner: &Owner) {
        self.errors.retain_mut(|error| {
            let Error::Unreached { owners, .. } = error else { return true };
            owners.retain(|known| known != owner);
            !owners.is_empty()
        });
    }
}

/// Whether `set`, of calls outside cases, has one that reached nobody and that `old` has not: where an answer is known, a
/// poll that found nobody has been left out already.
fn has_new_silence(set: &Set, old: Option<&Set>) -> bool {
    let known = |exchange| old.is_some_and(|old| old.exchanges.contains(exchange));
    set.exchanges.iter().any(|exchange| exchange.response.end == End::Refused && !known(exchange))
}
