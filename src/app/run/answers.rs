//! The answers of a stack, digested as they come, where the run compares them with those of others.

use crate::check::Observed;
use crate::compare::Answer;
use crate::model::{CaseId, Traffic};
use crate::plan::RequestStep;
use crate::runner::CaseScope;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Answers kept of one case.
const MOST_ANSWERS: usize = 100;

/// The answers of cases in flight.
#[derive(Default)]
pub(in crate::app) struct Answers(Mutex<HashMap<CaseId, Vec<Answer>>>);

impl Answers {
    /// What the last attempt at `case` was answered.
    pub(in crate::app) fn take(&self, case: &CaseId) -> Vec<Answer> {
        self.lock().remove(case).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CaseId, Vec<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runner's port `scope`, with `answers` listening.
pub(in crate::app) fn observed(scope: Arc<dyn CaseScope>, answers: &Arc<Answers>) -> Arc<dyn CaseScope> {
    Arc::new(Listening { scope, answers: Arc::clone(answers) })
}

struct Listening {
    scope: Arc<dyn CaseScope>,
    answers: Arc<Answers>,
}

impl CaseScope for Listening {
    fn open(&self, case: &CaseId) {
        self.answers.lock().remove(case);
        self.scope.open(case);
    }

    fn pause(&self, case: &CaseId) {
        self.scope.pause(case);
    }

    fn resume(&self, case: &CaseId) {
        self.scope.resume(case);
    }

    fn sent(&self, case: &CaseId, text: &[u8]) {
        self.scope.sent(case, text);
    }

    fn received(&self, case: &CaseId, text: &[u8]) {
        self.scope.received(case, text);
    }

    fn answered(&self, case: &CaseId, asked: (&str, &str), answer: &Observed) {
        self.scope.answered(case, asked, answer);
    }

    fn taken(&self, case: &CaseId, step: &RequestStep, observed: &Observed) {
        let origin = &step.origin;
        let path = origin.file.text().get(origin.span.start..origin.span.end).unwrap_or_default();
        let asked = format!("{} {}", step.method.name(), path.trim_matches(['"', '\'']));
        let answer = Answer::new(asked, origin.to_string(), observed);
        let mut all = self.answers.lock();
        let answers = all.entry(case.clone()).or_default();
        if answers.len() < MOST_ANSWERS {
            answers.push(answer);
        }
        drop(all);
        self.scope.taken(case, step, observed);
    }

    fn close(&self, case: &CaseId, keep: bool) -> Traffic {
        self.scope.close(case, keep)
    }
}
