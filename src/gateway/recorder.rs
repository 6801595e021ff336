//! What is being recorded for one owner.

use crate::recording::{Key, Normaliser, Owner, Renames, Set};
use crate::wire::dialect::Dialect;
use crate::wire::message::{Exchange, Request, Response};
use std::collections::HashMap;

/// The calls of one owner since it was opened.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    renames: Renames,
    asked: HashMap<Key, usize>,
    slots: Vec<Slot>,
    /// Counts beginnings and ends, to tell which calls overlapped.
    clock: usize,
    pending: usize,
    /// An answer was too large to be kept, so that the set would lack it.
    gave_up: bool,
}

#[derive(Debug)]
struct Slot {
    key: Key,
    occurrence: usize,
    request: Request,
    began: usize,
    /// The answer and when it ended; `None` while it is awaited, and for good if it never came.
    answer: Option<(Response, usize)>,
}

impl Recorder {
    /// Takes a place for the answer to `request`, which is masked already.
    pub(super) fn begin(&mut self, request: Request) -> usize {
        let request = self.renames.request(request);
        let key = Key::of(&request);
        let asked = self.asked.entry(key).or_default();
        let occurrence = *asked;
        *asked += 1;
        self.clock += 1;
        self.pending += 1;
        self.slots.push(Slot { key, occurrence, request, began: self.clock, answer: None });
        self.slots.len() - 1
    }

    /// Keeps the answer for `slot`; `None` if there is none to keep. Returns how many calls are still pending.
    pub(super) fn end(&mut self, slot: usize, dialect: &Dialect, response: Option<Response>) -> usize {
        self.clock += 1;
        self.pending = self.pending.saturating_sub(1);
        if let (Some(slot), Some(response)) = (self.slots.get_mut(slot), response) {
            let normaliser = Normaliser { dialect, key: slot.key, occurrence: slot.occurrence };
            let response = normaliser.response(&slot.request.path, response, &mut self.renames);
            slot.answer = Some((response, self.clock));
        }
        self.pending
    }

    /// An answer cannot be kept.
    pub(super) fn give_up(&mut self) {
        self.gave_up = true;
    }

    /// Whether every answer could be kept.
    pub(super) fn is_whole(&self) -> bool {
        !self.gave_up
    }

    pub(super) fn pending(&self) -> usize {
        self.pending
    }

    pub(super) fn calls(&self) -> usize {
        self.slots.len()
    }

    /// The set of a case: in the order of asking, except that calls that overlapped are in the order of their keys,
    /// since which of them came first is chance.
    pub(super) fn into_set(self, owner: Owner) -> Set {
        let mut ordered: Vec<((usize, Key, usize), Exchange)> = Vec::new();
        let (mut group, mut group_ends) = (0, 0);
        for slot in self.slots {
            let Some((response, ended)) = slot.answer else { continue };
            if slot.began > group_ends {
                group += 1;
            }
            group_ends = group_ends.max(ended);
            ordered.push(((group, slot.key, slot.occurrence), Exchange { request: slot.request, response }));
        }
        ordered.sort_by_key(|(place, _)| *place);
        Set { owner, exchanges: ordered.into_iter().map(|(_, exchange)| exchange).collect() }
    }

    /// The set of calls outside cases, which are polled any number of times and by any number of runs: equal answers in
    /// a row are one, a failure counts only where nothing better is known, and what was not asked this time stays.
    pub(super) fn into_session(self, old: Option<&Set>) -> Set {
        let mut by_key: HashMap<Key, Vec<Exchange>> = HashMap::new();
        for exchange in self.into_set(Owner::Session).exchanges {
            let answers = by_key.entry(Key::of(&exchange.request)).or_default();
            if answers.last().is_none_or(|last| !last.response.says_what(&exchange.response)) {
                answers.push(exchange);
            }
        }
        for (key, answers) in old.map(Set::index).unwrap_or_default() {
            let known = answers.into_iter().filter_map(|place| old?.exchanges.get(place).cloned()).collect();
            let now = by_key.entry(key).or_insert_with(|| Vec::clone(&known));
            if now.iter().all(failed) {
                *now = known;
            }
        }
        for answers in by_key.values_mut() {
            if answers.iter().any(|answer| !failed(answer)) {
                answers.retain(|answer| !failed(answer));
            }
        }
        let mut all: Vec<(Key, Vec<Exchange>)> = by_key.into_iter().collect();
        all.sort_by(|(one_key, one), (other_key, other)| {
            let place = |answers: &[Exchange]| {
                answers.first().map(|first| (first.request.provider.clone(), first.request.path.clone()))
            };
            place(one).cmp(&place(other)).then_with(|| one_key.cmp(other_key))
        });
        Set { owner: Owner::Session, exchanges: all.into_iter().flat_map(|(_, answers)| answers).collect() }
    }
}

fn failed(exchange: &Exchange) -> bool {
    exchange.response.head.as_ref().is_none_or(|head| head.status >= 500)
}
