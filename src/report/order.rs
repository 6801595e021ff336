//! Things that arrive in any order and leave in that of the plan.

use std::collections::BTreeMap;

/// Holds back what arrives before its turn.
///
/// The order of the output must not depend on which case finished first, or two runs could not be compared. The price is
/// that a slow case holds back the lines of those after it; on a terminal the bar tells what is running meanwhile.
#[derive(Debug)]
pub(super) struct InOrder<T> {
    next: usize,
    waiting: BTreeMap<usize, T>,
}

impl<T> Default for InOrder<T> {
    fn default() -> Self {
        Self { next: 0, waiting: BTreeMap::new() }
    }
}

impl<T> InOrder<T> {
    /// Adds the thing with this place in the plan, and takes those whose turn has come.
    pub(super) fn add(&mut self, index: usize, item: T) -> Vec<T> {
        self.waiting.insert(index, item);
        let mut ready = Vec::new();
        while let Some(item) = self.waiting.remove(&self.next) {
            ready.push(item);
            self.next += 1;
        }
        ready
    }

    /// Takes those with a place before `index`, gaps or not: what is missing there will not come any more.
    pub(super) fn skip_to(&mut self, index: usize) -> Vec<T> {
        let later = self.waiting.split_off(&index);
        self.next = self.next.max(index);
        std::mem::replace(&mut self.waiting, later).into_values().collect()
    }

    /// Takes all that is left, gaps or not: what is missing will not come any more.
    pub(super) fn rest(&mut self) -> Vec<T> {
        std::mem::take(&mut self.waiting).into_values().collect()
    }
}
