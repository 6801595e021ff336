//! A set that is being answered from.

use crate::recording::{Key, Set};
use std::collections::{HashMap, HashSet};

/// A set and where each of its questions is.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) set: Set,
    index: HashMap<Key, Vec<usize>>,
}

impl Loaded {
    pub(super) fn new(set: Set) -> Self {
        let index = set.index();
        Self { set, index }
    }

    /// Whether the question is recorded.
    pub(super) fn knows(&self, key: &Key) -> bool {
        self.index.contains_key(key)
    }

    /// The place of the answer to the `asked`th time (from 0) that the question comes.
    pub(super) fn answer(&self, key: &Key, asked: usize, last_repeats: bool) -> Option<usize> {
        let places = self.index.get(key)?;
        let last = places.len().saturating_sub(1);
        places.get(if last_repeats { asked.min(last) } else { asked }).copied()
    }

    /// How many answers are left when each question has come as often as `asked` says.
    pub(super) fn unused(&self, asked: &HashMap<Key, usize>) -> usize {
        let left = |(key, places): (&Key, &Vec<usize>)| {
            places.len().saturating_sub(asked.get(key).copied().unwrap_or_default())
        };
        self.index.iter().map(left).sum()
    }

    /// How many answers to the question are recorded.
    pub(super) fn times(&self, key: &Key) -> usize {
        self.index.get(key).map_or(0, Vec::len)
    }

    /// The places of the answers that were given out.
    pub(super) fn given(&self, asked: &HashMap<Key, usize>) -> HashSet<usize> {
        let given = |(key, times): (&Key, &usize)| {
            let places = self.index.get(key).map(Vec::as_slice).unwrap_or_default();
            places[..places.len().min(*times)].to_vec()
        };
        asked.iter().flat_map(given).collect()
    }
}
