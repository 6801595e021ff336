//! The tests of one suite of another runner that have not begun.

use crate::plan::{PlannedCase, PlannedTool};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Starts in a row that never came to a test, after which there is no other.
const MOST_BARREN: usize = 3;
/// Starts in a row that finished no test. Each may have cost one, so that there is more patience with these.
const MOST_BROKEN: usize = 20;

/// Tests that a process is given together, as places in the plan.
pub(super) type Unit = VecDeque<usize>;

/// The tests of one suite that have not begun.
pub(super) struct Pool<'a> {
    cases: &'a [PlannedCase],
    /// The suite's path.
    pub(super) path: &'a str,
    pub(super) tool: &'a PlannedTool,
    units: Mutex<VecDeque<Unit>>,
    /// How many units there were.
    whole: usize,
    /// How many starts in a row came to no test.
    barren: AtomicUsize,
    /// How many starts in a row finished none.
    broken: AtomicUsize,
}

/// What came of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Yield {
    /// A test at least, or it was not its fault.
    Something,
    /// It ended in its first test.
    Broken,
    /// It did not get to one.
    Nothing,
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
        Self {
            cases,
            path,
            tool,
            whole: units.len(),
            units: Mutex::new(units),
            barren: AtomicUsize::new(0),
            broken: AtomicUsize::new(0),
        }
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

    /// A process's share of all that is left, where `processes` share it. Later shares are smaller, so that all end at about
    /// the same time, though not by much, as each costs the start of a process.
    pub(super) fn take_share(&self, processes: usize) -> Unit {
        let mut units = self.lock();
        let processes = processes.max(1);
        let share = units.len().div_ceil(processes).max(self.whole.div_ceil(3 * processes)).min(units.len());
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

    /// A process has ended. How often in a row that came to nothing, once that is too often for another one.
    pub(super) fn ended(&self, with: Yield) -> Option<usize> {
        if with == Yield::Something {
            self.broken.store(0, Ordering::Relaxed);
        }
        if with != Yield::Nothing {
            self.barren.store(0, Ordering::Relaxed);
        }
        let (count, most) = match with {
            Yield::Something => return None,
            Yield::Broken => (&self.broken, MOST_BROKEN),
            Yield::Nothing => (&self.barren, MOST_BARREN),
        };
        let count = count.fetch_add(1, Ordering::Relaxed) + 1;
        (count >= most).then_some(count)
    }
}
