//! A point at which a server waits until the test has seen what it wanted to see.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// No gate stays shut longer: a test that fails must not hang.
const LONGEST: Duration = Duration::from_secs(30);

/// Counts those who arrive, and lets them through once it is open.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    arrived: usize,
    open: bool,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Arrives, and waits until the gate is open. Whether it ever was.
    pub(crate) fn pass(&self) -> bool {
        let mut state = self.lock();
        state.arrived += 1;
        self.changed.notify_all();
        let (state, _) = self.changed.wait_timeout_while(state, LONGEST, |state| !state.open).unwrap();
        state.open
    }

    pub(crate) fn is_open(&self) -> bool {
        self.lock().open
    }

    /// Opens it for all who wait and all who come.
    pub(crate) fn open(&self) {
        self.lock().open = true;
        self.changed.notify_all();
    }

    /// Waits until `count` have arrived.
    pub(crate) fn arrived(&self, count: usize) {
        let (state, over) =
            self.changed.wait_timeout_while(self.lock(), LONGEST, |state| state.arrived < count).unwrap();
        assert!(!over.timed_out(), "only {} of {count} arrived", state.arrived);
    }
}
