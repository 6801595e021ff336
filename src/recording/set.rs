//! The recordings of one case.

use super::{Question, Rules};
use crate::model::CaseId;
use crate::wire::message::Exchange;
use std::collections::HashMap;
use std::fmt;

/// Whose provider calls they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// Calls outside any case: model lists, health.
    Session,
    /// The calls of a case.
    Case(CaseId),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session => f.write_str("_session"),
            Self::Case(case) => case.fmt(f),
        }
    }
}

/// The exchanges of one owner, in the order in which they were asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Whose they are.
    pub owner: Owner,
    /// What was asked and answered.
    pub exchanges: Vec<Exchange>,
}

impl Set {
    /// A set without exchanges.
    pub fn new(owner: Owner) -> Self {
        Self { owner, exchanges: Vec::new() }
    }

    /// How many calls the provider gave no answer at all: it refused the connection, broke off or was silent.
    pub fn unanswered(&self) -> usize {
        self.exchanges.iter().filter(|exchange| exchange.response.head.is_none()).count()
    }

    /// The exchanges by question, as far as it counts by `rules`: for each, their places in order.
    pub fn index(&self, rules: &Rules) -> HashMap<Question, Vec<usize>> {
        let mut index: HashMap<Question, Vec<usize>> = HashMap::new();
        for (place, exchange) in self.exchanges.iter().enumerate() {
            index.entry(Question::of(&exchange.request, rules)).or_default().push(place);
        }
        index
    }

    /// Puts in place of each exchange the equal one of `old`, so that what has not changed keeps its bytes: an exchange
    /// that differs only in when and in which pieces the answer arrived, or in the spelling of the same request, is not
    /// a change. If nothing changed but the order, the old order is kept, too.
    pub fn settle(self, old: &Self) -> Self {
        self.settle_by(old, &Rules::default())
    }

    /// The same, where requests count by `rules`: one that differs only in what does not count has not changed.
    pub fn settle_by(self, old: &Self, rules: &Rules) -> Self {
        let mut left: HashMap<Question, Vec<&Exchange>> = HashMap::new();
        for exchange in old.exchanges.iter().rev() {
            left.entry(Question::of(&exchange.request, rules)).or_default().push(exchange);
        }
        let mut all_old = self.exchanges.len() == old.exchanges.len();
        let mut exchanges = Vec::with_capacity(self.exchanges.len());
        for exchange in self.exchanges {
            let known = left.get_mut(&Question::of(&exchange.request, rules)).and_then(Vec::pop);
            match known.filter(|known| known.response.says_what(&exchange.response)) {
                Some(known) => exchanges.push(known.clone()),
                None => {
                    all_old = false;
                    exchanges.push(exchange);
                }
            }
        }
        if all_old { old.clone() } else { Self { owner: self.owner, exchanges } }
    }
}
