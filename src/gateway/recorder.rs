//! What is being recorded for one owner.

use super::client_edge::{ClientEdge, Counter};
use super::unreached::Unreached;
use crate::recording::{
    Edge, Key, Normaliser, Owner, Question, Renames, Rules, Set, ids, renumbered_request, renumbered_response,
};
use crate::wire::dialect::Dialect;
use crate::wire::message::{End, Exchange, Request, Response};
use std::collections::{HashMap, HashSet};

/// The calls of one owner since it was opened.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    renames: Renames,
    asked: HashMap<Key, usize>,
    slots: Vec<Slot>,
    /// Ids that were in a request before they were in any answer.
    of_requests: HashSet<String>,
    /// Ids that were in an answer of a provider first, under both of their names.
    of_providers: HashSet<String>,
    /// Counts beginnings and ends, to tell which calls overlapped.
    clock: usize,
    pending: usize,
    /// An answer was too large to be kept, so that the set would lack it.
    gave_up: bool,
    /// The providers that could not be reached.
    unreached: Vec<Unreached>,
}

#[derive(Debug)]
struct Slot {
    question: Question,
    occurrence: usize,
    request: Request,
    began: usize,
    /// The answer; `None` while it is awaited, and for good if it never came.
    answer: Option<Answer>,
}

#[derive(Debug)]
struct Answer {
    response: Response,
    dialect: &'static Dialect,
    /// The ids that the provider minted in it.
    minted: Vec<String>,
    ended: usize,
}

impl Recorder {
    /// Takes a place for the answer to `request`, which is masked already and counts by `rules`.
    pub(super) fn begin(&mut self, request: Request, rules: &Rules) -> usize {
        let request = self.renames.request(request);
        let question = Question::of(&request, rules);
        let new = question.ids.iter().filter(|id| !self.of_providers.contains(*id));
        self.of_requests.extend(new.cloned());
        let asked = self.asked.entry(question.key).or_default();
        let occurrence = *asked;
        *asked += 1;
        self.clock += 1;
        self.pending += 1;
        self.slots.push(Slot { question, occurrence, request, began: self.clock, answer: None });
        self.slots.len() - 1
    }

    /// Keeps the answer for `slot`; `None` if there is none to keep. Returns how many calls are still pending.
    pub(super) fn end(
        &mut self,
        slot: usize,
        dialect: &'static Dialect,
        response: Option<Response>,
    ) -> usize {
        self.clock += 1;
        self.pending = self.pending.saturating_sub(1);
        if let Some(response) = response
            && slot < self.slots.len()
        {
            self.told(&response);
            let Slot { question, occurrence, request, .. } = &self.slots[slot];
            let normaliser = Normaliser { dialect, key: question.key, occurrence: *occurrence };
            let (response, minted) = normaliser.response(&request.path, response, &mut self.renames);
            self.told(&response);
            self.slots[slot].answer = Some(Answer { response, dialect, minted, ended: self.clock });
        }
        self.pending
    }

    /// A provider tells its ids.
    fn told(&mut self, response: &Response) {
        let bytes = response.body.bytes();
        for id in ids(&bytes).filter_map(|range| std::str::from_utf8(&bytes[range]).ok()) {
            if !self.of_requests.contains(id) && !self.of_providers.contains(id) {
                self.of_providers.insert(id.to_owned());
            }
        }
    }

    /// An answer cannot be kept.
    pub(super) fn give_up(&mut self) {
        self.gave_up = true;
    }

    /// A provider could not be reached.
    pub(super) fn not_reached(&mut self, unreached: Unreached) {
        if !self.unreached.iter().any(|known| known.is_same(&unreached)) {
            self.unreached.push(unreached);
        }
    }

    /// The providers that could not be reached.
    pub(super) fn unreached(&self) -> &[Unreached] {
        &self.unreached
    }

    /// How many calls will be kept, as far as that is known.
    pub(super) fn kept(&self) -> usize {
        if !self.unreached.is_empty() { 0 } else { self.calls() }
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

    /// The set of a case: in the order of asking, except that calls that overlapped are in the order of their questions,
    /// since which of them came first is chance. Ids that the stack minted are numbered: in the order in which the
    /// `client` was told of them, and those it never heard of, in that of the set.
    pub(super) fn into_set(self, owner: Owner, client: &ClientEdge) -> Set {
        let numbered = owner != Owner::Session;
        let elsewhere = |id: &str| self.of_providers.contains(id);
        let mut names = if numbered { client.names(elsewhere) } else { HashMap::new() };
        let is_minted = |id: &String| numbered && !elsewhere(id) && !client.is_from_client(id);
        let mut answered = answered(self.slots, |id| match names.get(id) {
            Some(name) => name.clone(),
            None if is_minted(id) => String::new(),
            None => id.clone(),
        });
        let mut counter = Counter::default();
        for id in answered.iter().flat_map(|(slot, _)| &slot.question.ids).filter(|id| is_minted(id)) {
            names.entry(id.clone()).or_insert_with(|| counter.next(id, Edge::Provider));
        }
        let moved = renamed_by_place(&mut answered);
        let exchanges = answered.into_iter().map(|(slot, answer)| {
            let request = renumbered_request(moved.request(slot.request), &names);
            let response = renumbered_response(moved.response(answer.response), &names);
            Exchange { request, response }
        });
        Set { owner, exchanges: exchanges.collect() }
    }

    /// The set of calls outside cases, which are polled any number of times and by any number of runs: equal answers in
    /// a row are one, a failure counts only where nothing better is known, and what was not asked this time stays.
    pub(super) fn into_session(self, old: Option<&Set>, rules: &Rules) -> Set {
        let mut by_question: HashMap<Question, Vec<Exchange>> = HashMap::new();
        for exchange in self.into_set(Owner::Session, &ClientEdge::default()).exchanges {
            let answers = by_question.entry(Question::of(&exchange.request, rules)).or_default();
            if answers.last().is_none_or(|last| !last.response.says_what(&exchange.response)) {
                answers.push(exchange);
            }
        }
        for (question, answers) in old.map(|old| old.index(rules)).unwrap_or_default() {
            let known = answers.into_iter().filter_map(|place| old?.exchanges.get(place).cloned()).collect();
            let now = by_question.entry(question).or_insert_with(|| Vec::clone(&known));
            if now.iter().all(failed) {
                *now = known;
            }
        }
        for answers in by_question.values_mut() {
            if answers.iter().any(|answer| !failed(answer)) {
                answers.retain(|answer| !failed(answer));
            }
        }
        let mut all: Vec<(Question, Vec<Exchange>)> = by_question.into_iter().collect();
        all.sort_by(|(one_question, one), (other_question, other)| {
            let place = |answers: &[Exchange]| {
                answers.first().map(|first| (first.request.provider.clone(), first.request.path.clone()))
            };
            place(one).cmp(&place(other)).then_with(|| one_question.cmp(other_question))
        });
        Set { owner: Owner::Session, exchanges: all.into_iter().flat_map(|(_, answers)| answers).collect() }
    }
}

/// Whether the answer is an error of the provider, or broken off, or none at all: asked again, it may well say something
/// else.
pub(super) fn failed(exchange: &Exchange) -> bool {
    let Response { head, end, .. } = &exchange.response;
    *end != End::Complete || head.as_ref().is_none_or(|head| head.status >= 500)
}

/// The calls that were answered, in the order of the set. `named` is what an id is called by now: nothing, if that depends
/// on the order.
fn answered(slots: Vec<Slot>, named: impl Fn(&String) -> String) -> Vec<(Slot, Answer)> {
    let mut ordered = Vec::new();
    let (mut group, mut group_ends) = (0, 0);
    for mut slot in slots {
        let Some(answer) = slot.answer.take() else { continue };
        if slot.began > group_ends {
            group += 1;
        }
        group_ends = group_ends.max(answer.ended);
        let ids: Vec<String> = slot.question.ids.iter().map(&named).collect();
        ordered.push(((group, slot.question.key, ids, slot.occurrence), (slot, answer)));
    }
    ordered.sort_by(|one, other| one.0.cmp(&other.0));
    ordered.into_iter().map(|(_, call)| call).collect()
}

/// What providers minted was named when it came, by which time a question was asked. Of calls that overlapped that is
/// chance: here it becomes the place in the set.
fn renamed_by_place(answered: &mut [(Slot, Answer)]) -> Renames {
    let mut asked: HashMap<Key, usize> = HashMap::new();
    let mut moved = Renames::default();
    for (slot, answer) in answered {
        let time = asked.entry(slot.question.key).or_default();
        if *time != slot.occurrence {
            let named = |occurrence| {
                Normaliser { dialect: answer.dialect, key: slot.question.key, occurrence }
                    .names(&answer.minted)
            };
            moved.extend(named(slot.occurrence).into_iter().zip(named(*time)));
            slot.occurrence = *time;
        }
        *time += 1;
    }
    moved
}
