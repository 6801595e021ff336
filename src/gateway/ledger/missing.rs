//! Calls that nothing answers: noted at once, explained when the lock is free again.

use super::{Inner, Ledger};
use crate::model::{Miss, MissClass};
use crate::recording::{
    MissedCall, Owner, Question, Set, command_for, explain, renumbered_request, unusable,
};
use crate::wire::message::Request;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Bytes of the sets on disk that are searched for a case that has none of its own.
const MOST_READ: usize = 64 << 20;
/// So many calls are looked for in all of them; where more are missed, the later ones only in those of their suite.
const MOST_SEARCHES: usize = 32;

/// A call that nothing answers, not explained yet.
#[derive(Debug)]
pub(in crate::gateway) struct Unanswered {
    question: MissedCall,
    /// Set if the recordings are not the reason.
    other_reason: Option<(MissClass, String)>,
    /// Whose miss it is, in which attempt, and its place in their traffic.
    noted: Vec<(Owner, usize, usize)>,
}

impl Inner {
    /// Notes that nothing answers `request` of `owners`, which are several only where it is not known which of them asks;
    /// they fail from here on, whatever comes of the explanation.
    pub(super) fn unanswered(
        &mut self,
        owners: &[Owner],
        request: &Request,
        asked: &Question,
        other_reason: Option<(MissClass, String)>,
    ) -> Unanswered {
        let setup = self.setup.to_string();
        let owner = owners.first().cloned().unwrap_or(Owner::Session);
        let command = self.command.as_deref().map(|command| match self.commands_all {
            false if owner == Owner::Session => format!("{command}{}", self.selection),
            false => command_for(command, &owner),
            true => command.to_owned(),
        });
        let state = self.state_of(&owner);
        let loaded = state.loaded.as_ref();
        let question = MissedCall {
            // By the names that the recording has for them, ids do not differ from it.
            request: renumbered_request(request.clone(), state.given.recorded_names()),
            setup,
            command,
            step: None,
            recorded: loaded.map_or(0, |loaded| loaded.times(asked, &state.given)),
            given: state.given.places(),
            other_ids: loaded.and_then(|loaded| loaded.other_ids(asked, &state.given)),
            owner,
        };
        let broken = state.broken.clone().map(|error| (MissClass::Unusable, error));
        let noted = owners.iter().map(|owner| self.note(owner, request)).collect();
        Unanswered { question, other_reason: other_reason.or(broken), noted }
    }

    fn note(&mut self, owner: &Owner, call: &Request) -> (Owner, usize, usize) {
        let state = self.state_of(owner);
        let noted = (owner.clone(), state.attempt, state.traffic.misses.len());
        let Request { provider, method, path, .. } = call.clone();
        state.traffic.misses.push(Miss { provider, method, path, ..Miss::default() });
        noted
    }
}

impl Ledger {
    /// Explains the miss, and puts the explanation where it was noted. `step` is what the case was doing.
    pub(in crate::gateway) fn explain(&self, unanswered: Unanswered, step: Option<String>) -> Miss {
        let Unanswered { mut question, other_reason, noted } = unanswered;
        question.step = step.map(|step| self.masks.text(&step).into_owned());
        let miss = match other_reason {
            Some((class, why)) => unusable(&question, class, &why),
            None => self.compare(&question),
        };
        let mut inner = self.lock();
        for (owner, attempt, place) in noted {
            let state = inner.state_of(&owner);
            // The case may have ended meanwhile, or begun anew.
            if state.attempt == attempt
                && let Some(noted) = state.traffic.misses.get_mut(place)
            {
                noted.clone_from(&miss);
            }
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
        let mut others: Vec<&Set> = loaded.iter().map(|loaded| &loaded.set).collect();
        if own.is_none() && matches!(question.owner, Owner::Case(_)) {
            // A case that was renamed, or has other parameters, is recorded under a name that this run does not know.
            let known: HashSet<&Owner> = loaded.iter().map(|loaded| &loaded.set.owner).collect();
            let on_disk = self.on_disk.get_or_init(|| self.store.all(MOST_READ));
            let everywhere = self.searches.fetch_add(1, Ordering::Relaxed) < MOST_SEARCHES;
            let searched = |set: &&Set| everywhere || same_suite(&set.owner, &question.owner);
            others.extend(on_disk.iter().filter(|set| !known.contains(&set.owner)).filter(searched));
        }
        // What does not count is no difference.
        let rules = self.rules.of(&question.owner);
        let seen = |request: Request| rules.leave(self.masks.request(request));
        explain(question, own.as_ref().map(|own: &Arc<_>| &own.set), &others, &seen)
    }
}

fn same_suite(one: &Owner, other: &Owner) -> bool {
    matches!((one, other), (Owner::Case(one), Owner::Case(other)) if one.suite() == other.suite())
}
