//! The recording that a call was most likely meant to find.

use super::super::Set;
use super::MissedCall;
use super::difference::{Found, differences};
use super::likeness::Words;
use crate::wire::message::Request;

/// So many of the most alike are compared exactly.
const COMPARED: usize = 8;
/// Where the own set has one as alike as this, no other set is searched.
const NEAR: f64 = 0.5;
/// What is less alike than this was not meant.
pub(super) const FAR: f64 = 0.2;

/// A recorded call, and in what the call differs from it.
pub(super) struct Nearest<'a> {
    pub(super) set: &'a Set,
    pub(super) place: usize,
    pub(super) likeness: f64,
    /// Whether its answer was given out already.
    pub(super) given: bool,
    pub(super) found: Found,
}

impl Nearest<'_> {
    /// What was given out already was probably not meant.
    fn distance(&self) -> f64 {
        self.found.distance() + if self.given { 1.5 } else { 0.0 }
    }
}

#[derive(Clone, Copy)]
struct Candidate<'a> {
    set: &'a Set,
    place: usize,
    likeness: f64,
}

/// The nearest recording, of `own` rather than of `others`. `seen` makes of a request what
/// counts of it and may be shown.
pub(super) fn nearest<'a>(
    question: &MissedCall,
    own: Option<&'a Set>,
    others: &[&'a Set],
    seen: &dyn Fn(Request) -> Request,
) -> Option<Nearest<'a>> {
    let asked = &question.request;
    let now = seen(asked.clone());
    let mut words = Words::of(&asked.body);
    for kin in [same_place, similar_place] {
        let mut candidates = Vec::new();
        // Of its own everything is worth showing, however far.
        collect(own.into_iter(), asked, kin, 0.0, &mut words, &mut candidates);
        if !candidates.iter().any(|candidate| candidate.likeness >= NEAR) {
            collect(others.iter().copied(), asked, kin, FAR, &mut words, &mut candidates);
        }
        // Sorting is stable: of two that are equally alike the own one, and the earlier one, comes first.
        candidates.sort_by(|one, other| other.likeness.total_cmp(&one.likeness));
        candidates.truncate(COMPARED);
        let compared = candidates.into_iter().map(|Candidate { set, place, likeness }| {
            let recorded = seen(set.exchanges[place].request.clone());
            let given = set.owner == question.owner && question.given.contains(&place);
            Nearest { set, place, likeness, given, found: differences(&recorded, &now) }
        });
        let best = compared.min_by(|one, other| one.distance().total_cmp(&other.distance()));
        if best.is_some() {
            return best;
        }
    }
    None
}

fn collect<'a>(
    sets: impl Iterator<Item = &'a Set>,
    asked: &Request,
    kin: fn(&Request, &Request) -> bool,
    least: f64,
    words: &mut Words,
    candidates: &mut Vec<Candidate<'a>>,
) {
    for set in sets {
        for (place, exchange) in set.exchanges.iter().enumerate() {
            if kin(&exchange.request, asked) {
                let likeness = words.likeness(&exchange.request.body);
                if likeness >= least {
                    candidates.push(Candidate { set, place, likeness });
                }
            }
        }
    }
}

fn same_place(one: &Request, other: &Request) -> bool {
    (&one.provider, &one.method, &one.path) == (&other.provider, &other.method, &other.path)
}

/// Another provider, or a path with another id or model in it.
fn similar_place(one: &Request, other: &Request) -> bool {
    let steps = |path: &str| path.split('/').count();
    let mut pairs = one.path.split('/').zip(other.path.split('/'));
    let differing = pairs.by_ref().filter(|(one, other)| one != other).count();
    one.method == other.method && steps(&one.path) == steps(&other.path) && differing <= 1
}
