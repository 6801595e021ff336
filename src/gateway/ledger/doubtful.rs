//! Answers that are recorded and that a provider may have given once only.
//!
//! A case may pass although its provider's answer was an error or broke off. Kept in place of a good one without a word,
//! it would be replayed for ever.

use super::Inner;
use crate::gateway::Error;
use crate::gateway::recorder::failed;
use crate::recording::{Owner, Set};
use crate::wire::message::{End, Exchange};
use std::collections::BTreeMap;

/// How many answers of `set` are errors of the provider or broken off. What `old` has as well is most likely meant so, and
/// that a provider is not there is recorded only where that is wanted.
pub(super) fn new_ones(set: &Set, old: Option<&Set>) -> usize {
    let is_doubtful = |exchange: &&Exchange| failed(exchange) && exchange.response.end != End::Refused;
    let doubtful = set.exchanges.iter().filter(is_doubtful);
    let same = |one: &Exchange, other: &Exchange| {
        one.request == other.request && one.response.says_what(&other.response)
    };
    let known = |new: &Exchange| old.is_some_and(|old| old.exchanges.iter().any(|one| same(one, new)));
    doubtful.filter(|exchange| !known(exchange)).count()
}

impl Inner {
    /// Notes that so many of the answers that were recorded last for `owner` are of that kind.
    pub(super) fn doubt(&mut self, owner: &Owner, answers: usize) {
        let found = self.errors.iter_mut().find_map(|error| match error {
            Error::Doubtful(answers) => Some(answers),
            _ => None,
        });
        match (found, answers) {
            (Some(all), 0) => drop(all.remove(owner)),
            (Some(all), _) => drop(all.insert(owner.clone(), answers)),
            (None, 0) => return,
            (None, _) => self.errors.push(Error::Doubtful(BTreeMap::from([(owner.clone(), answers)]))),
        }
        self.errors.retain(|error| !matches!(error, Error::Doubtful(all) if all.is_empty()));
    }
}
