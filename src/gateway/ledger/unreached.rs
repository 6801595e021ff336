//! Providers that could not be reached while something was recorded.
//!
//! That a server was not started is true of one moment. Kept, a case that puts up with an error would pass for ever.

use super::{Inner, Ledger, Ticket};
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

    /// Notes that the set of `owner` stays as it was.
    pub(super) fn complain_of_unreached(&self, owner: Owner, unreached: Unreached) {
        self.lock().not_recorded(owner, unreached);
    }
}

impl Inner {
    fn not_recorded(&mut self, owner: Owner, found: Unreached) {
        for error in &mut self.errors {
            if let Error::Unreached { unreached, owners } = error
                && *unreached == found
            {
                owners.push(owner);
                return;
            }
        }
        self.errors.push(Error::Unreached { unreached: found, owners: vec![owner] });
    }
}

/// Whether `set`, of calls outside cases, has one that reached nobody and that `old` has not: where an answer is known, a
/// poll that found nobody has been left out already.
pub(super) fn has_new_silence(set: &Set, old: Option<&Set>) -> bool {
    let known = |exchange| old.is_some_and(|old| old.exchanges.contains(exchange));
    set.exchanges.iter().any(|exchange| exchange.response.end == End::Refused && !known(exchange))
}
