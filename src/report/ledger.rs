//! What every reporter remembers of the run as a whole.

use super::Tally;
use super::comparison::Comparison;
use crate::events::{Event, RunEnd, RunStart, StackInfo};
use crate::model::{InferenceMode, Miss, Traffic};
use crate::source::Diagnostic;
use crate::text::plural;
use std::collections::BTreeMap;
use std::time::Duration;

/// The only event of a run that never began: a suite, a setting or the stack-config is wrong. Every reporter shows the
/// diagnostics as errors, so that a CI that reads only the report sees red.
pub fn setup_failure(diagnostics: Vec<Diagnostic>) -> Event {
    Event::RunEnded(RunEnd {
        duration: Duration::ZERO,
        session: Traffic::default(),
        stopped_early: None,
        unproven: Vec::new(),
        errors: diagnostics,
    })
}

/// What every reporter remembers of the run as a whole.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) start: Option<RunStart>,
    /// The stack; of several, the last that became ready.
    pub(super) stack: Option<StackInfo>,
    /// Those that became ready, by their place in [`RunStart::stacks`].
    pub(super) ready: BTreeMap<usize, StackInfo>,
    pub(super) comparison: Comparison,
    pub(super) tally: Tally,
    /// Problems that belong to no case: of the stack, then of the run.
    pub(super) errors: Vec<Diagnostic>,
    pub(super) notices: Vec<String>,
    /// Provider calls outside any case.
    pub(super) session: Traffic,
    pub(super) duration: Duration,
    pub(super) stopped_early: Option<String>,
}

impl Ledger {
    pub(super) fn on_event(&mut self, event: &Event) {
        self.tally.on_event(event);
        self.comparison.on_event(event);
        match event {
            Event::RunStarted(start) => self.start = Some(start.clone()),
            Event::Notice(notice) => self.notices.push(notice.clone()),
            Event::StackReady(stack) => {
                if let Some(start) = self.start.as_mut().filter(|_| stack.reused) {
                    match start.stacks.get_mut(stack.stack) {
                        Some(one) => one.mode = InferenceMode::Live,
                        None => start.mode = InferenceMode::Live,
                    }
                }
                self.ready.insert(stack.stack, stack.clone());
                self.stack = Some(stack.clone());
            }
            Event::StackFailed(diagnostic) => self.add_error(diagnostic),
            Event::Interrupted => self.stopped_early = Some("interrupted".to_owned()),
            Event::RunEnded(end) => {
                self.session = end.session.clone();
                self.duration = end.duration;
                if end.stopped_early.is_some() {
                    self.stopped_early.clone_from(&end.stopped_early);
                }
                end.unproven.iter().chain(&end.errors).for_each(|error| self.add_error(error));
            }
            Event::CaseStarted(_) | Event::CaseFinished(_) => {}
        }
    }

    /// The name of the stack that a suite of this index ran against, where there are several.
    pub(super) fn stack_of(&self, suite: usize) -> Option<&str> {
        let start = self.start.as_ref()?;
        Some(&start.stacks.get(start.suites.get(suite)?.stack)?.name)
    }

    /// ` on starter#2` where there are several stacks, to be put after the name of a case or suite.
    pub(super) fn on_stack(&self, suite: usize) -> String {
        self.stack_of(suite).map(|name| format!(" on {name}")).unwrap_or_default()
    }

    /// What was taken for the stack, in words; of several, their names.
    pub(super) fn taken(&self) -> Option<&str> {
        let start = self.start.as_ref()?;
        let one = self.stack.as_ref().filter(|_| start.stacks.is_empty()).map(|stack| stack.taken.as_str());
        Some(one.unwrap_or(&start.stack_config))
    }

    pub(super) fn session_misses(&self) -> &[Miss] {
        &self.session.misses
    }

    /// `interrupted; 3 of 12 cases did not run`, if the run did not get to its end.
    pub(super) fn cut_short(&self) -> Option<String> {
        let left = self.tally.not_run();
        let missing = (left > 0).then(|| {
            let all = plural(self.tally.total().all() + left, "case");
            format!("{left} of {all} did not run")
        });
        match (&self.stopped_early, missing) {
            (Some(reason), Some(missing)) => Some(format!("{reason}; {missing}")),
            (reason, missing) => missing.or_else(|| reason.clone()),
        }
    }

    /// A stack that failed may be told twice, by its event and among the errors at the end.
    fn add_error(&mut self, error: &Diagnostic) {
        if !self.errors.contains(error) {
            self.errors.push(error.clone());
        }
    }
}
