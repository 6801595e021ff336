//! Counting.

use super::Verdict;
use crate::events::{CaseReport, Event};
use crate::model::{CaseId, Decided, OnDifference, Outcome, Status, Traffic};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many cases ended how, and how long they took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    by_status: [usize; Status::ALL.len()],
    /// Of the passed ones: those that needed more than one attempt.
    pub flaky: usize,
    /// Of the xpassed ones: those that fail the run.
    pub strict_xpassed: usize,
    /// The durations of the cases, summed; more than the run took where cases ran side by side.
    pub time: Duration,
}

impl Counts {
    /// How many cases ended with `status`.
    pub fn of(&self, status: Status) -> usize {
        self.by_status[status as usize]
    }

    /// How many cases ended.
    pub fn all(&self) -> usize {
        self.by_status.iter().sum()
    }

    /// How many cases fail the run.
    pub fn failures(&self) -> usize {
        self.of(Status::Failed) + self.of(Status::Error) + self.strict_xpassed
    }

    fn add(&mut self, case: &CaseReport) {
        self.by_status[case.outcome.status() as usize] += 1;
        self.flaky += usize::from(case.is_flaky());
        self.strict_xpassed += usize::from(matches!(case.outcome, Outcome::XPassed { strict: true, .. }));
        self.time += case.duration;
    }
}

/// Counts over a run, fed by its events.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    suites: Vec<Counts>,
    total: Counts,
    /// Cases that were to run, once that is known.
    planned: Option<usize>,
    traffic: Traffic,
    decided: BTreeMap<Decided, usize>,
    /// With the place in the plan and the suite.
    slowest: Vec<(Duration, usize, CaseId, usize)>,
    interrupted: bool,
    stack_failed: bool,
    stopped_early: bool,
    unproven: bool,
    errors: bool,
    on_difference: OnDifference,
    /// Whether stacks differ in what fails the run.
    differ: bool,
}

impl Tally {
    /// More than this many slowest cases are never listed.
    const MOST_SLOWEST: usize = 1000;

    /// Takes note of an event.
    pub fn on_event(&mut self, event: &Event) {
        match event {
            Event::RunStarted(start) => {
                self.planned = Some(start.cases);
                self.on_difference = start.on_difference;
                self.suites = vec![Counts::default(); start.suites.len()];
            }
            Event::StackFailed(_) => self.stack_failed = true,
            Event::CaseFinished(case) => self.count(case),
            Event::Interrupted => self.interrupted = true,
            Event::RunEnded(end) => {
                self.stopped_early = end.stopped_early.is_some();
                self.unproven = !end.unproven.is_empty();
                self.errors = !end.errors.is_empty();
            }
            Event::Notice(_) | Event::StackReady(_) | Event::CaseStarted(_) => {}
        }
    }

    /// How the run ended, or would end if it did now.
    pub fn verdict(&self) -> Verdict {
        match self.planned {
            None => Verdict::NotRun,
            Some(_) if self.interrupted => Verdict::Interrupted,
            Some(_) if self.stack_failed => Verdict::Broken,
            Some(_) if self.total.failures() > 0 || self.unproven || self.differ => Verdict::Failed,
            Some(_) if self.errors => Verdict::Broken,
            Some(_) if self.stopped_early => Verdict::Interrupted,
            Some(0) => Verdict::NothingSelected,
            // Nobody said why, yet cases are missing: never call that a pass.
            Some(planned) if self.total.all() < planned => Verdict::Broken,
            Some(_) => Verdict::Passed,
        }
    }

    /// The counts of all cases.
    pub fn total(&self) -> &Counts {
        &self.total
    }

    /// The counts of each suite, in the order of [`crate::events::RunStart::suites`].
    pub fn suites(&self) -> &[Counts] {
        &self.suites
    }

    /// How many cases were to run and have no report.
    pub fn not_run(&self) -> usize {
        self.planned.unwrap_or(0).saturating_sub(self.total.all())
    }

    /// The provider calls of all cases, without the misses: these are shown with their cases.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// How many cases each rung of the attribution ladder decided.
    pub fn decided(&self) -> &BTreeMap<Decided, usize> {
        &self.decided
    }

    /// The `count` slowest cases, slowest first, each with the index of its suite.
    pub fn slowest(&self, count: usize) -> Vec<(Duration, &CaseId, usize)> {
        let mut all: Vec<_> = self.slowest.iter().collect();
        all.sort_by_key(|(duration, index, ..)| (std::cmp::Reverse(*duration), *index));
        all.into_iter().take(count).map(|(duration, _, id, suite)| (*duration, id, *suite)).collect()
    }

    fn count(&mut self, case: &CaseReport) {
        self.differ |= case.differences.iter().flatten().any(|it| self.on_difference.fails(it.aspect));
        self.total.add(case);
        if let Some(suite) = self.suites.get_mut(case.suite) {
            suite.add(case);
        }
        let Traffic { replayed, recorded, live, misses: _, failed, unused, decided, notes: _ } =
            &case.traffic;
        self.traffic.replayed += replayed;
        self.traffic.recorded += recorded;
        self.traffic.live += live;
        self.traffic.failed += failed;
        self.traffic.unused += unused;
        if let Some(decided) = decided {
            *self.decided.entry(*decided).or_default() += 1;
        }
        if case.duration > Duration::ZERO {
            self.slowest.push((case.duration, case.index, case.id.clone(), case.suite));
            if self.slowest.len() > 2 * Self::MOST_SLOWEST {
                self.slowest.sort_by_key(|(duration, index, ..)| (std::cmp::Reverse(*duration), *index));
                self.slowest.truncate(Self::MOST_SLOWEST);
            }
        }
    }
}
