//! Calls that nothing answers: noted at once, explained when the lock is free again.

use super::{Inner, Ledger};
use crate::model::{Miss, MissClass};
use crate::recording::{Key, MissedCall, Owner, Set, explain, unusable};
use crate::wire::message::Request;
use std::sync::Arc;

/// A call that nothing answers, not explained yet.
#[derive(Debug)]
pub(in crate::gateway) struct Unanswered {
    question: MissedCall,
    /// Set if the recordings are not the reason.
    other_reason: Option<(MissClass, String)>,
    /// Which attempt of the case asked, and the place of the miss in its traffic.
    noted: (usize, usize),
}

impl Inner {
    /// Notes that nothing answers `request`; the case fails from here on, whatever comes of the explanation.
    pub(super) fn unanswered(&mut self, owner: Owner, request: &Request, key: &Key) -> Unanswered {
        let setup = self.setup.to_string();
        let state = self.state_of(&owner);
        let loaded = state.loaded.as_ref();
        let question = MissedCall {
            request: request.clone(),
            setup,
            step: None,
            recorded: loaded.map_or(0, |loaded| loaded.times(key)),
            given: loaded.map(|loaded| loaded.given(&state.asked)).unwrap_or_default(),
            owner,
        };
        let other_reason = state.broken.clone().map(|error| (MissClass::Unusable, error));
        let noted = (state.attempt, state.traffic.misses.len());
        let call = request.clone();
        let bare = Miss { provider: call.provider, method: call.method, path: call.path, ..Miss::default() };
        state.traffic.misses.push(bare);
        Unanswered { question, other_reason, noted }
    }
}

impl Ledger {
    /// Explains the miss, and puts the explanation where it was noted. `step` is what the case was doing.
    pub(in crate::gateway) fn explain(&self, unanswered: Unanswered, step: Option<String>) -> Miss {
        let Unanswered { mut question, other_reason, noted: (attempt, place) } = unanswered;
        question.step = step.map(|step| self.masks.text(&step).into_owned());
        let miss = match other_reason {
            Some((class, why)) => unusable(&question, class, &why),
            None => self.compare(&question),
        };
        let mut inner = self.lock();
        let state = inner.state_of(&question.owner);
        // The case may have ended meanwhile, or begun anew.
        if state.attempt == attempt
            && let Some(noted) = state.traffic.misses.get_mut(place)
        {
            noted.clone_from(&miss);
        }
        miss
    }

    /// Compares with all that is loaded, for which no lock is held.
    fn compare(&self, question: &MissedCall) -> Miss {
        let mut loaded: Vec<_> = {
            let inner = self.lock();
            let each = inner.owners.values().filter_map(|state| state.loaded.clone());
            each.collect()
        };
        loaded.sort_by(|one, other| one.set.owner.cmp(&other.set.owner));
        let own = loaded.iter().position(|loaded| loaded.set.owner == question.owner);
        let own = own.map(|place| loaded.remove(place));
        let others: Vec<&Set> = loaded.iter().map(|loaded| &loaded.set).collect();
        let seen = |request: Request| self.masks.request(request);
        explain(question, own.as_ref().map(|own: &Arc<_>| &own.set), &others, &seen)
    }
}
