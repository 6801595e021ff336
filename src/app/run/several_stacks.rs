//! The same cases against several stacks, and in what these differ.
//!
//! One stack after the other, each with a gateway of its own: nothing of one stack is in the way of another (two may even want the same port,
//! one for each runtime), a slow one does not make the other look slow, and what is shown stays in order. The price is the sum of the times.
//! The answers of the first stack are kept as digests, with which those of the others are compared as soon as a case has ended.

use super::answers::Answers;
use super::rig::Rig;
use super::session::{Ended, Session};
use crate::compare::{Met, differences};
use crate::events::{CaseReport, CaseStart, Event};
use crate::model::{CaseId, Outcome};
use crate::plan::Plan;
use crate::runner::{Stop, StopReason};
use crate::source::Diagnostic;
use crate::text::Redactor;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What is known of the run while its stacks come and go.
#[derive(Default)]
struct Comparison {
    /// What the cases met with at the first stack, by their place there.
    baseline: HashMap<usize, Met>,
    failures: usize,
}

/// What the events of one stack become in the run.
struct Translation<'a> {
    stack: usize,
    /// Which place at the first stack a case is compared with.
    counterparts: Vec<Option<usize>>,
    name: &'a str,
    /// How many cases and suites the stacks before it have.
    cases_before: usize,
    suites_before: usize,
    answers: Arc<Answers>,
    redactor: Redactor,
    stop: Stop,
    events: &'a UnboundedSender<Event>,
}

impl Session<'_> {
    /// The cases against each stack. One that does not start, or dies, costs its own cases and those of no other.
    pub(in crate::app) async fn one_after_the_other(&self, events: &UnboundedSender<Event>) -> Ended {
        let mut all = Ended::default();
        let mut comparison = Comparison::default();
        for stack in 0..self.rigs.len() {
            if self.stop.is_requested() {
                break;
            }
            let ended = self.one_of_them(stack, events, &mut comparison).await;
            all.session.add(&ended.session);
            let name = &self.rigs[stack].prepared.settings.stack_name;
            all.errors.extend(ended.errors.into_iter().map(|error| named(name, error)));
        }
        all
    }

    async fn one_of_them(
        &self,
        stack: usize,
        events: &UnboundedSender<Event>,
        comparison: &mut Comparison,
    ) -> Ended {
        let answers = Arc::new(Answers::default());
        let max_failures = self.max_failures.map(|most| most.saturating_sub(comparison.failures));
        let part = Session {
            rigs: Arc::clone(&self.rigs),
            stack,
            // That a stack dies ends what is about it, and no more.
            stop: Stop::default(),
            watch: None,
            began: Instant::now(),
            answers: Some(Arc::clone(&answers)),
            max_failures,
        };
        let before = &self.rigs[..stack];
        let translation = Translation {
            stack,
            counterparts: counterparts(&self.rigs[0].prepared.plan, &part.rig().prepared.plan),
            name: &part.rig().prepared.settings.stack_name,
            cases_before: before.iter().map(|rig: &Rig<'_>| rig.prepared.plan.cases.len()).sum(),
            suites_before: before.iter().map(|rig: &Rig<'_>| rig.prepared.plan.suites.len()).sum(),
            answers,
            redactor: part.rig().redactor(),
            stop: part.stop.clone(),
            events,
        };
        let (told, from) = unbounded_channel();
        let run = async {
            let ended = part.with_gateway(&told).await;
            drop(told);
            ended
        };
        let both = async { tokio::join!(run, translation.follow(from, comparison)) };
        let (ended, ()) = tokio::select! {
            // Looked at first, so that who is to stop knows before it goes on.
            biased;
            never = self.stop_with(&part.stop) => match never {},
            both = both => both,
        };
        if let Some(reason @ StopReason::NoMoreCases(_)) = part.stop.reason() {
            self.stop.request(reason);
        }
        ended
    }

    /// Passes on to `part` that the run is to end; never ends itself.
    async fn stop_with(&self, part: &Stop) -> Infallible {
        self.stop.requested().await;
        if let Some(reason) = self.stop.reason() {
            part.request(reason);
        }
        let reason = self.stop.broken_off().await;
        part.request(StopReason::BreakOff(reason));
        std::future::pending().await
    }
}

impl Translation<'_> {
    /// Passes on what happens at this stack, up to its end.
    async fn follow(&self, mut from: UnboundedReceiver<Event>, comparison: &mut Comparison) {
        while let Some(event) = from.recv().await {
            let event = match event {
                Event::Notice(notice) => Event::Notice(format!("{}: {notice}", self.name)),
                Event::StackFailed(error) => Event::StackFailed(named(self.name, error)),
                Event::CaseStarted(case) => {
                    Event::CaseStarted(CaseStart { index: self.cases_before + case.index, ..case })
                }
                Event::CaseFinished(case) => Event::CaseFinished(Box::new(self.compared(*case, comparison))),
                other => other,
            };
            let _ = self.events.send(event);
        }
    }

    fn compared(&self, mut case: CaseReport, comparison: &mut Comparison) -> CaseReport {
        comparison.failures += usize::from(case.outcome.is_failure());
        let met = Met { outcome: case.outcome.clone(), answers: self.answers.take(&case.id) };
        let broken_off = matches!(self.stop.reason(), Some(StopReason::BreakOff(_)));
        if broken_off && matches!(case.outcome, Outcome::Error) {
            // Why it ended is told, and is nothing that its stack answered.
        } else if !case.traffic.misses.is_empty() {
            // What a stack makes of a missing recording says nothing of the stack.
        } else if self.stack == 0 {
            comparison.baseline.insert(case.index, met);
        } else if let Some(baseline) = self.counterparts.get(case.index).copied().flatten()
            && let Some(baseline) = comparison.baseline.get(&baseline)
        {
            let hide = |text: &str| self.redactor.redact(text).into_owned();
            case.differences = Some(differences(baseline, &met, &hide));
        }
        case.index += self.cases_before;
        case.suite += self.suites_before;
        case
    }
}

/// For each case of `plan`, the place in `first` of the case that it is compared with: that of the same id, else the one that is so manieth of its
/// name. Stacks may have models of different names, which are part of ids.
fn counterparts(first: &Plan, plan: &Plan) -> Vec<Option<usize>> {
    let by_id: HashMap<&CaseId, usize> =
        first.cases.iter().enumerate().map(|(n, case)| (&case.id, n)).collect();
    let mut by_name: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (n, case) in first.cases.iter().enumerate() {
        by_name.entry(name(&case.id)).or_default().push(n);
    }
    let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
    let counterpart = |id| {
        let nth = seen.entry(name(id)).or_default();
        *nth += 1;
        by_id.get(id).copied().or_else(|| by_name.get(&name(id))?.get(*nth - 1).copied())
    };
    plan.cases.iter().map(|case| &case.id).map(counterpart).collect()
}

/// Suite and name of a case, without its parameters.
fn name(id: &CaseId) -> (&str, &str) {
    (id.suite(), id.case().split('[').next().unwrap_or_default())
}

fn named(name: &str, error: Diagnostic) -> Diagnostic {
    Diagnostic { what: format!("{name}: {}", error.what), ..error }
}
