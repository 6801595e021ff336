//! A miss, with everything that is known about it.

use super::super::{NO_SETUP, Owner, Set};
use super::class::classify;
use super::describe::describe;
use super::difference::Entry;
use super::mend;
use super::nearest::{Nearest, nearest};
use crate::model::{CaseId, Difference, Mend, Miss, MissClass, NearestRecording};
use crate::wire::message::Request;
use std::collections::HashSet;

/// So many differences are listed.
const LISTED: usize = 8;

/// A call that nothing answers. The request is masked.
#[derive(Debug, Clone)]
pub struct MissedCall {
    /// What is asked.
    pub request: Request,
    /// Who asks.
    pub owner: Owner,
    /// The step of the case that was under way, if the stack handed it on.
    pub step: Option<String>,
    /// The setup whose recordings are in use.
    pub setup: String,
    /// The command that records the call, where it is not `stack-test record`.
    pub command: Option<String>,
    /// How often just this question is recorded for who asks.
    pub recorded: usize,
    /// How its ids differ from those of a recording that is like it otherwise.
    pub other_ids: Option<String>,
    /// The places of the own recordings that were given out already.
    pub given: HashSet<usize>,
}

/// Explains why nothing answers: `own` is what is recorded for who asks, `others` what else is loaded. `seen` makes of a
/// request what counts of it and may be shown, with secrets masked.
pub fn explain(
    question: &MissedCall,
    own: Option<&Set>,
    others: &[&Set],
    seen: &dyn Fn(Request) -> Request,
) -> Miss {
    if question.recorded > 0 {
        let times =
            if question.recorded == 1 { "once".to_owned() } else { format!("{} times", question.recorded) };
        let why = format!("the call is recorded {times}, and every answer was given already");
        return miss(question, MissClass::OneTooMany, why, None);
    }
    let (nearest, is_sibling) = meant(question, own, others, seen);
    if let Some(why) = &question.other_ids {
        return miss(question, MissClass::OtherIds, why.clone(), nearest);
    }
    let class = match &nearest {
        // Without a set of its own, or with the very same call in another's, the call is new to its case.
        Some(nearest) if own.is_some() || is_sibling => classify(nearest),
        _ => MissClass::NewCall,
    };
    let why = match (&nearest, own) {
        (Some(nearest), None) if nearest.found.entries.is_empty() => {
            format!("{}, but the same call is recorded as `{}`", no_set(question), nearest.set.owner)
        }
        (Some(nearest), None) if is_sibling => {
            format!("{}, but with other parameters: as `{}`", no_set(question), nearest.set.owner)
        }
        (_, None) => no_set(question),
        (Some(nearest), Some(_)) if nearest.found.entries.is_empty() => {
            format!("the call is not recorded for this case, but for `{}`", nearest.set.owner)
        }
        (None, Some(_)) => {
            let Request { provider, method, path, body, .. } = &question.request;
            let words = if body.is_empty() { "" } else { " in such words" };
            format!("no recording is anything like it; none asks `{provider}` for {method} {path}{words}")
        }
        _ => class.about().to_owned(),
    };
    miss(question, class, why, nearest)
}

/// The recording that was most likely meant, and whether it is of the same case with other parameters. Without a set of its
/// own, what asks just the same comes first: the case was renamed. Then the case with other parameters: another model.
fn meant<'a>(
    question: &MissedCall,
    own: Option<&'a Set>,
    others: &[&'a Set],
    seen: &dyn Fn(Request) -> Request,
) -> (Option<Nearest<'a>>, bool) {
    if own.is_some() {
        return (nearest(question, own, others, seen), false);
    }
    let siblings: Vec<&Set> =
        others.iter().copied().filter(|set| same_but_parameters(&set.owner, &question.owner)).collect();
    let sibling = nearest(question, None, &siblings, seen);
    if sibling.as_ref().is_some_and(|nearest| nearest.found.entries.is_empty()) {
        return (sibling, true);
    }
    let any = nearest(question, None, others, seen);
    match sibling {
        Some(sibling) if any.as_ref().is_none_or(|any| !any.found.entries.is_empty()) => {
            (Some(sibling), true)
        }
        _ => (any, false),
    }
}

/// Whether both are the same case of a suite, but with other parameters.
fn same_but_parameters(one: &Owner, other: &Owner) -> bool {
    let (Owner::Case(one), Owner::Case(other)) = (one, other) else { return false };
    fn name(case: &CaseId) -> &str {
        case.case().split('[').next().unwrap_or_default()
    }
    one != other && one.suite() == other.suite() && name(one) == name(other)
}

/// A miss that has another reason than the recordings: they cannot be read, or it is not known whose the call is.
pub fn unusable(question: &MissedCall, class: MissClass, why: &str) -> Miss {
    Miss { mends: Vec::new(), ..miss(question, class, why.to_owned(), None) }
}

fn no_set(question: &MissedCall) -> String {
    let with = match question.setup.as_str() {
        NO_SETUP => "(no `--setup` is given)".to_owned(),
        setup => format!("with the setup `{setup}`"),
    };
    match question.owner {
        Owner::Case(_) => format!("there is no recording of this case {with}"),
        Owner::Session => {
            format!("the call belongs to no case, and there is no recording of calls outside cases {with}")
        }
    }
}

fn miss(question: &MissedCall, class: MissClass, why: String, nearest: Option<Nearest<'_>>) -> Miss {
    let MissedCall { request, owner, step, setup, command, .. } = question;
    let command = command.clone().unwrap_or_else(|| mend::record(owner, setup));
    let shown = nearest.as_ref().map(|nearest| shown(nearest, owner));
    let mends: Vec<Mend> =
        mend::mends(class, command, shown.as_ref(), nearest.as_ref().map(|nearest| &nearest.found));
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    Miss {
        case: case_of(owner),
        step: step.clone(),
        place: None,
        provider: request.provider.clone(),
        method: request.method.clone(),
        path: format!("{}{query}", request.path),
        summary: describe(request),
        class,
        explanation: why,
        nearest: shown,
        mends,
    }
}

fn shown(nearest: &Nearest<'_>, owner: &Owner) -> NearestRecording {
    let entries = &nearest.found.entries;
    let differences: Vec<Difference> =
        entries.iter().take(LISTED).map(|entry: &Entry| entry.difference.clone()).collect();
    NearestRecording {
        case: case_of(&nearest.set.owner),
        own: nearest.set.owner == *owner,
        call: nearest.place + 1,
        calls: nearest.set.exchanges.len(),
        left_out: nearest.found.more + entries.len() - differences.len(),
        differences,
    }
}

fn case_of(owner: &Owner) -> Option<CaseId> {
    match owner {
        Owner::Session => None,
        Owner::Case(case) => Some(case.clone()),
    }
}
