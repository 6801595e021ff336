//! The tests of one suite of another runner that have not begun.

use crate::plan::{PlannedCase, PlannedTool};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Starts in a row that came to nothing, after which there is no other.
pub(super) const MOST_BARREN: usize = 3;

/// Tests that a process is given together, as places in the plan.
pub(super) type Unit = VecDeque<usize>;

/// The tests of one suite that have not begun.
pub(super) struct Pool<'a> {
    cases: &'a [PlannedCase],
    /// The suite's path.
    pub(super) path: &'a str,
    pub(super) tool: &'a PlannedTool,
    units: Mutex<VecDeque<Unit>>,
    /// How many starts in a row came to nothing.
    barren: AtomicUsize,
}

impl<'a> Pool<'a> {
    /// The tests of the suite `path`, which are at `places` of the plan.
    pub(super) fn new(
        cases: &'a [PlannedCase],
        path: &'a str,
        tool: &'a PlannedTool,
        places: impl Iterator<Item = usize>,
    ) -> Self {
        let mut units: VecDeque<Unit> = VecDeque::new();
        let mut of_file: HashMap<&str, usize> = HashMap::new();
        for place in places {
            let file = cases[place].external.as_ref().and_then(|test| test.file.as_deref());
            match file.filter(|_| !tool.by_test).map(|file| of_file.entry(file).or_insert(units.len())) {
                Some(at) if *at < units.len() => units[*at].push_back(place),
                _ => units.push_back(Unit::from([place])),
            }
        }
        Self { cases, path, tool, units: Mutex::new(units), barren: AtomicUsize::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Unit>> {
        self.units.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn case(&self, place: usize) -> &'a PlannedCase {
        &self.cases[place]
    }

    /// The other runner's id of a test.
    pub(super) fn id(&self, place: usize) -> &'a str {
        self.cases[place].external.as_ref().map_or("", |test| test.id.as_str())
    }

    /// The file of a test.
    pub(super) fn file(&self, place: usize) -> Option<&'a str> {
        self.cases[place].external.as_ref()?.file.as_deref()
    }

    /// How many processes have something to do.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// The next tests.
    pub(super) fn take(&self) -> Option<Unit> {
        self.lock().pop_front()
    }

    /// A process's share of all that is left, where `processes` share it.
    pub(super) fn take_share(&self, processes: usize) -> Unit {
        let mut units = self.lock();
        let share = units.len().div_ceil(processes.max(1));
        units.drain(..share).flatten().collect()
    }

    /// All that is left.
    pub(super) fn take_all(&self) -> Unit {
        self.lock().drain(..).flatten().collect()
    }

    /// Gives tests back that did not begin. They are the next ones.
    pub(super) fn give_back(&self, unit: Unit) {
        if !unit.is_empty() {
            self.lock().push_front(unit);
        }
    }

    /// A process has ended. Whether there may be another one.
    pub(super) fn ended(&self, finished: usize) -> bool {
        if finished > 0 {
            self.barren.store(0, Ordering::Relaxed);
            return true;
        }
        self.barren.fetch_add(1, Ordering::Relaxed) + 1 < MOST_BARREN
    }
}
