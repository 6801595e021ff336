//! Looks on while a run runs: every answer of the stack is held against its document.

use super::findings::Findings;
use super::offered::{self, Offered};
use super::site::Site;
use crate::app::inputs::Inputs;
use crate::app::run::rig::STACK_KEY_ENV;
use crate::check::{Ending, Observed};
use crate::contract::{Answer, Judge, Judged};
use crate::model::{CaseId, Secret, Traffic};
use crate::plan::{Plan, RequestStep};
use crate::runner::CaseScope;
use crate::source::Diagnostic;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Looks on while a run runs.
pub(in crate::app) struct Watch {
    /// A key for the stack.
    key: Option<Secret>,
    /// The place of each case in the plan.
    order: HashMap<CaseId, usize>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The document that was named, until it is taken.
    named: Option<Offered>,
    /// Where the document is from, once there is one.
    document: Option<String>,
    /// What was found of the attempts that are in flight, by method.
    open: HashMap<CaseId, Vec<(String, Judged)>>,
    findings: Findings,
}

impl Watch {
    /// Looks on at the cases of `plan`, with the document that was named, if one was.
    pub(super) fn new(named: Option<Offered>, plan: &Plan, inputs: &Inputs) -> Self {
        let order = plan.cases.iter().enumerate().map(|(order, case)| (case.id.clone(), order)).collect();
        let key = inputs.env(STACK_KEY_ENV).map(Secret::new);
        Self { key, order, state: Mutex::new(State { named, ..State::default() }) }
    }

    /// Stands between the runner and `inner` for the stack at `url`, whose document it reads if none was named.
    ///
    /// # Errors
    /// There is no document, or none that can be used.
    pub(in crate::app) async fn around(
        self: &Arc<Self>,
        inner: Arc<dyn CaseScope>,
        url: &str,
    ) -> Result<Arc<dyn CaseScope>, Diagnostic> {
        let named = self.state().named.take();
        let offered = match named {
            Some(named) => named,
            None => {
                offered::own(&Site::new(url, self.key.clone())?).await.ok_or_else(offered::no_document)?
            }
        };
        let judge = Judge::new(offered.document)
            .map_err(|error| Diagnostic::new(format!("`{}` cannot be used: {error}", offered.from)))?;
        self.state().document = Some(offered.from.clone());
        let base =
            url::Url::parse(url).map_err(|error| Diagnostic::new(format!("the stack's URL: {error}")))?;
        Ok(Arc::new(Watching { inner, watch: Arc::clone(self), judge, base, place: offered.from }))
    }

    /// What was found, and in which document; `None` where the run did not get that far.
    pub(super) fn found(&self) -> Option<(String, Findings)> {
        let mut state = self.state();
        Some((state.document.take()?, std::mem::take(&mut state.findings)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Watching {
    inner: Arc<dyn CaseScope>,
    watch: Arc<Watch>,
    judge: Judge,
    base: url::Url,
    /// Where the document is from: a path, if it is the stack's own.
    place: String,
}

impl CaseScope for Watching {
    fn open(&self, case: &CaseId) {
        self.watch.state().open.remove(case);
        self.inner.open(case);
    }

    fn pause(&self, case: &CaseId) {
        self.inner.pause(case);
    }

    fn resume(&self, case: &CaseId) {
        self.inner.resume(case);
    }

    fn sent(&self, case: &CaseId, text: &[u8]) {
        self.inner.sent(case, text);
    }

    fn received(&self, case: &CaseId, text: &[u8]) {
        self.inner.received(case, text);
    }

    fn answered(&self, case: &CaseId, (method, url): (&str, &str), answer: &Observed) {
        self.inner.answered(case, (method, url), answer);
        let Ok(url) = url::Url::parse(url) else { return };
        // A case may ask somebody else, who promised nothing.
        if url.origin() != self.base.origin() {
            return;
        }
        let below = self.base.path().trim_end_matches('/');
        let Some(path) = url.path().strip_prefix(below) else { return };
        // Few documents have the route of the document.
        if self.place == path {
            return;
        }
        let content_type = answer.headers.iter().find(|(name, _)| name == "content-type");
        let judged = self.judge.judge(&Answer {
            method,
            path,
            status: answer.status,
            content_type: content_type.map(|(_, value)| value.as_str()),
            body: &answer.body,
            whole: answer.ending == Ending::Complete,
        });
        self.watch.state().open.entry(case.clone()).or_default().push((method.to_owned(), judged));
    }

    fn taken(&self, case: &CaseId, step: &RequestStep, observed: &Observed) {
        self.inner.taken(case, step, observed);
    }

    fn close(&self, case: &CaseId, keep: bool) -> Traffic {
        let traffic = self.inner.close(case, keep);
        let mut state = self.watch.state();
        let seen = state.open.remove(case).unwrap_or_default();
        let name = case.to_string();
        // What a stack makes of a provider call that is not recorded says nothing of the stack.
        if !traffic.misses.is_empty() {
            state.findings.left_out.insert(name);
            return traffic;
        }
        let order = self.watch.order.get(case).copied().unwrap_or(usize::MAX);
        for (method, judged) in seen {
            state.findings.add(&method, judged, (order, &name));
        }
        traffic
    }
}
