//! Which case is next.

use crate::plan::PlannedCase;
use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// The cases with steps not yet begun, in the order of the plan, minus those whose locks are taken.
pub(super) struct Queue<'a> {
    cases: &'a [PlannedCase],
    state: Mutex<State<'a>>,
    /// Woken when a lock is given back.
    freed: Notify,
}

struct State<'a> {
    /// Next case that was never looked at.
    next: usize,
    /// Cases that were passed over because a lock was taken.
    waiting: VecDeque<usize>,
    held: HashSet<&'a str>,
}

enum Take {
    Case(usize),
    /// Cases are left, but all of them wait for a lock.
    Blocked,
    Empty,
}

impl<'a> Queue<'a> {
    pub(super) fn new(cases: &'a [PlannedCase]) -> Self {
        let state = State { next: 0, waiting: VecDeque::new(), held: HashSet::new() };
        Self { cases, state: Mutex::new(state), freed: Notify::new() }
    }

    /// The next case that may begin, waiting for a lock if need be; `None` when there is none left.
    pub(super) async fn take(&self) -> Option<usize> {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            // Registered before looking, so that a lock given back in between is not missed.
            freed.as_mut().enable();
            match self.try_take() {
                Take::Case(index) => return Some(index),
                Take::Empty => return None,
                Take::Blocked => freed.await,
            }
        }
    }

    /// Gives back the locks of a case that has ended.
    pub(super) fn release(&self, index: usize) {
        let locks = &self.cases[index].locks;
        if locks.is_empty() {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for lock in locks {
            state.held.remove(lock.as_str());
        }
        drop(state);
        self.freed.notify_waiters();
    }

    fn try_take(&self) -> Take {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = state.waiting.iter().position(|index| self.is_free(&state, *index)) {
            let index = state.waiting.remove(at).expect("the position was just found");
            return self.hold(&mut state, index);
        }
        while state.next < self.cases.len() {
            let index = state.next;
            state.next += 1;
            if self.cases[index].external.is_some() {
                continue;
            }
            if self.is_free(&state, index) {
                return self.hold(&mut state, index);
            }
            state.waiting.push_back(index);
        }
        if state.waiting.is_empty() { Take::Empty } else { Take::Blocked }
    }

    fn is_free(&self, state: &State<'a>, index: usize) -> bool {
        self.cases[index].locks.iter().all(|lock| !state.held.contains(lock.as_str()))
    }

    fn hold(&self, state: &mut State<'a>, index: usize) -> Take {
        state.held.extend(self.cases[index].locks.iter().map(String::as_str));
        Take::Case(index)
    }
}
