//! A set that is being answered from.

use super::bindings::{Bindings, Pair};
use super::client_edge::ClientEdge;
use crate::recording::{Key, Question, Rules, Set, ids, may_hold_numbered, number_of, renumbered_response};
use crate::wire::message::Exchange;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// A set and where each of its questions is.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) set: Set,
    index: HashMap<Key, Vec<Place>>,
    /// Whether it has ids that the stack minted.
    numbered: bool,
    /// The ids in its answers that providers minted; found when they are first asked for.
    of_providers: OnceLock<HashSet<String>>,
}

/// Where an exchange is, and which ids its request has.
#[derive(Debug)]
struct Place {
    at: usize,
    ids: Vec<String>,
}

/// What was given of a set in one attempt, and which ids are which.
#[derive(Debug, Default)]
pub(super) struct Given {
    used: Vec<bool>,
    bindings: Bindings,
    pub(super) client: ClientEdge,
}

impl Loaded {
    /// `set`, whose questions count by `rules`.
    pub(super) fn new(set: Set, rules: &Rules) -> Self {
        let mut index: HashMap<Key, Vec<Place>> = HashMap::new();
        let mut numbered = false;
        for (at, exchange) in set.exchanges.iter().enumerate() {
            let Question { key, ids } = Question::of(&exchange.request, rules);
            numbered |= ids.iter().any(|id| number_of(id).is_some());
            index.entry(key).or_default().push(Place { at, ids });
        }
        Self { set, index, numbered, of_providers: OnceLock::new() }
    }

    /// What each exchange answers, with its place.
    pub(super) fn questions(&self) -> impl Iterator<Item = (usize, Question)> + '_ {
        self.index.iter().flat_map(|(key, places)| {
            places.iter().map(|place| (place.at, Question { key: *key, ids: place.ids.clone() }))
        })
    }

    /// What it has answers to, ids aside.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        self.index.keys().copied()
    }

    /// Whether it has ids that the stack minted, so that those between the stack and its client matter.
    pub(super) fn is_numbered(&self) -> bool {
        self.numbered
    }

    /// Whether a provider minted `id`, and a recorded answer tells it.
    pub(super) fn is_from_provider(&self, id: &str) -> bool {
        let found = self.of_providers.get_or_init(|| {
            let mut found = HashSet::new();
            for exchange in &self.set.exchanges {
                let bytes = exchange.response.body.bytes();
                let texts = ids(&bytes).filter_map(|range| std::str::from_utf8(&bytes[range]).ok());
                found.extend(texts.filter(|id| number_of(id).is_none()).map(str::to_owned));
            }
            found
        });
        found.contains(id)
    }

    /// The places that may answer `question`, given the ids of this attempt, and what is to be bound for it.
    fn fitting<'a>(
        &'a self,
        question: &'a Question,
        given: &'a Given,
    ) -> impl Iterator<Item = (usize, Vec<Pair>)> + 'a {
        let places = self.index.get(&question.key).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(move |place| {
            let pairs = given.bindings.unify(&place.ids, &question.ids, (self, &given.client))?;
            Some((place.at, pairs))
        })
    }

    /// Whether the question is recorded, whether or not its answers were given.
    pub(super) fn knows(&self, question: &Question, given: &Given) -> bool {
        self.fitting(question, given).next().is_some()
    }

    /// The place of the next answer.
    pub(super) fn answer(&self, question: &Question, given: &Given) -> Option<usize> {
        self.fitting(question, given).find(|(at, _)| !given.is_used(*at)).map(|(at, _)| at)
    }

    /// Gives the next answer away; where there is none, the last one again if it `repeats`.
    pub(super) fn give(&self, question: &Question, given: &mut Given, repeats: bool) -> Option<usize> {
        let mut last = None;
        let mut next = None;
        for (at, pairs) in self.fitting(question, given) {
            if !given.is_used(at) {
                next = Some((at, pairs));
                break;
            }
            last = Some((at, pairs));
        }
        let (at, pairs) = next.or_else(|| last.filter(|_| repeats))?;
        given.bindings.bind_all(&pairs);
        given.used.resize(self.set.exchanges.len(), false);
        given.used[at] = true;
        Some(at)
    }

    /// The exchange at `place` with the live ids in its answer, if it quotes any.
    pub(super) fn quoting(&self, place: usize, given: &Given) -> Option<Exchange> {
        if !self.numbered {
            return None;
        }
        let exchange = &self.set.exchanges[place];
        if !may_hold_numbered(&exchange.response.body.bytes()) {
            return None;
        }
        let response = renumbered_response(exchange.response.clone(), given.bindings.live());
        Some(Exchange { request: exchange.request.clone(), response })
    }

    /// How often the question is recorded.
    pub(super) fn times(&self, question: &Question, given: &Given) -> usize {
        self.fitting(question, given).count()
    }

    /// How the ids of `question` differ from the recorded ones, if nothing else does.
    pub(super) fn other_ids(&self, question: &Question, given: &Given) -> Option<String> {
        let places = self.index.get(&question.key)?;
        if self.knows(question, given) {
            return None;
        }
        let recorded = &places.first()?.ids;
        let differing = recorded.iter().zip(&question.ids).filter_map(|(name, id)| {
            let now = given.recorded_names().get(id).unwrap_or(id);
            let is = if now == id { String::new() } else { format!(" (which is `{now}` in this run)") };
            (now != name).then(|| format!("recorded `{name}`, now `{id}`{is}"))
        });
        let differing: Vec<String> = differing.take(3).collect();
        Some(format!("it is recorded with other ids: {}", differing.join("; ")))
    }

    /// The places of the answers that nobody asked for.
    pub(super) fn unused(&self, given: &Given) -> impl Iterator<Item = usize> {
        (0..self.set.exchanges.len()).filter(|at| !given.is_used(*at))
    }

    /// The stack has told its client `text`.
    pub(super) fn told(&self, text: &[u8], given: &mut Given) {
        for id in given.client.received(text) {
            if !self.is_from_provider(&id) {
                given.bindings.told(&id);
            }
        }
    }
}

impl Given {
    /// What the recording calls the ids of this attempt.
    pub(super) fn recorded_names(&self) -> &HashMap<String, String> {
        self.bindings.recorded()
    }

    /// The places of the answers that were given out.
    pub(super) fn places(&self) -> HashSet<usize> {
        self.used.iter().enumerate().filter(|(_, used)| **used).map(|(at, _)| at).collect()
    }

    fn is_used(&self, at: usize) -> bool {
        self.used.get(at).copied().unwrap_or_default()
    }
}
