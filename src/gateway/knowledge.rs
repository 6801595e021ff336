//! What the ledger knows: of owners, of their recordings, of what was left over.

use super::Error;
use super::ledger::{Inner, State};
use crate::model::CaseId;
use crate::recording::{Owner, Question};
use crate::wire::message::{Exchange, Request};

impl Inner {
    /// What came of cases after they were closed.
    pub(super) fn left_over(&self) -> Vec<Error> {
        let mut cases: Vec<_> = self.owners.iter().filter(|(owner, _)| **owner != Owner::Session).collect();
        cases.sort_by_key(|(owner, _)| *owner);
        let mut errors = Vec::new();
        for (owner, state) in cases {
            let case = owner.to_string();
            errors.extend(state.traffic.misses.iter().map(|miss| Error::LateMiss {
                case: case.clone(),
                call: miss.to_string(),
                explanation: miss.one_line(),
            }));
            if state.closing {
                errors.push(Error::Unfinished { case });
            }
        }
        errors
    }

    /// The state of a case whose ids between stack and client matter.
    pub(super) fn minding_ids(&mut self, case: &CaseId) -> Option<&mut State> {
        let state = self.owners.get_mut(&Owner::Case(case.clone()))?;
        let numbered = state.loaded.as_ref().is_some_and(|loaded| loaded.is_numbered());
        (numbered || state.recorder.is_some()).then_some(state)
    }

    pub(super) fn is_recorded(&self, owner: &Owner) -> bool {
        self.owners.get(owner).is_some_and(|state| state.recorder.is_some())
    }

    /// The cases that have recordings and have not begun.
    pub(super) fn to_come(&self) -> Vec<Owner> {
        let to_come = self.owners.iter().filter(|(_, state)| state.attempt == 0 && state.loaded.is_some());
        to_come.map(|(owner, _)| owner.clone()).collect()
    }

    pub(super) fn unattributed(&mut self, request: &Request) {
        let call = format!("{} {} {}", request.provider, request.method, request.path);
        self.errors.push(Error::Unattributed { call });
    }

    /// Whether the question is recorded.
    pub(super) fn knows(&self, owner: &Owner, question: &Question) -> bool {
        let state = self.owners.get(owner);
        let loaded = state.and_then(|state| Some((state, state.loaded.as_ref()?)));
        loaded.is_some_and(|(state, loaded)| loaded.knows(question, &state.given))
    }

    /// Whether an answer to the question is left.
    pub(super) fn has_answer(&self, owner: &Owner, question: &Question) -> bool {
        self.next_answer(owner, question).is_some()
    }

    pub(super) fn next_answer(&self, owner: &Owner, question: &Question) -> Option<&Exchange> {
        let state = self.owners.get(owner)?;
        let loaded = state.loaded.as_ref()?;
        loaded.set.exchanges.get(loaded.answer(question, &state.given)?)
    }
}
