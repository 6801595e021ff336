//! What a change of the rules does to a set.
//!
//! Requests are kept as they were sent, and keys are computed when a set is loaded: a changed rule needs no file rewritten.
//! What remains to be told is which calls it made equal, and which it took apart.

use super::{Owner, Question, Rules, Set};
use crate::wire::message::Exchange;
use std::collections::BTreeMap;

/// What a change of rules did to a set. Numbers are places in the set as it was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RekeyReport {
    /// Calls that are one question now and were several, with equal answers.
    pub joined: Vec<Vec<usize>>,
    /// The same, with different answers: which one is given depends on the order of asking.
    pub ambiguous: Vec<Vec<usize>>,
    /// Calls that were one question and are several now.
    pub parted: Vec<Vec<usize>>,
    /// Calls that were left out, as another one asks and answers the same.
    pub removed: Vec<usize>,
}

impl RekeyReport {
    /// Whether the change makes no difference to the set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Says what it does to `set` that calls count by `new` instead of by `old`.
///
/// Only outside cases is a call removed that became the duplicate of another: a case is given the answers to equal
/// questions one after the other, and needs as many as it asks.
pub fn rekey(set: Set, old: &Rules, new: &Rules) -> (Set, RekeyReport) {
    let mut report = RekeyReport::default();
    let (before, after) = (groups(&set, old), groups(&set, new));
    for group in &after {
        if spans(group, &before) {
            let first = &set.exchanges[group[0]];
            let alike = group.iter().all(|place| first.response.says_what(&set.exchanges[*place].response));
            if alike { &mut report.joined } else { &mut report.ambiguous }.push(group.clone());
        }
    }
    report.parted = before.into_iter().filter(|group| spans(group, &after)).collect();
    if set.owner == Owner::Session {
        for group in &report.joined {
            report.removed.extend_from_slice(&group[1..]);
        }
        report.removed.sort_unstable();
    }
    let left = |place: usize| report.removed.binary_search(&place).is_err();
    let kept = set.exchanges.into_iter().enumerate().filter(|(place, _)| left(*place));
    let exchanges: Vec<Exchange> = kept.map(|(_, exchange)| exchange).collect();
    (Set { owner: set.owner, exchanges }, report)
}

/// The calls of a set by question, in the order of the first of each.
fn groups(set: &Set, rules: &Rules) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<Question, Vec<usize>> = BTreeMap::new();
    for (place, exchange) in set.exchanges.iter().enumerate() {
        groups.entry(Question::of(&exchange.request, rules)).or_default().push(place);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_unstable();
    groups
}

/// Whether `group` has calls of several of `groups`.
fn spans(group: &[usize], groups: &[Vec<usize>]) -> bool {
    let of = |place: &usize| groups.iter().position(|group| group.contains(place));
    group.iter().any(|place| of(place) != of(&group[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CaseId, Insignificant, MatchRule};
    use crate::wire::message::{Body, End, Head, Request, Response};

    fn exchange(body: &str, answer: &str) -> Exchange {
        let request = Request {
            provider: "p".into(),
            method: "POST".into(),
            path: "/x".into(),
            query: String::new(),
            content_type: None,
            body: body.to_owned().into(),
        };
        let head = Some(Head::new(200, Vec::new()));
        Exchange {
            request,
            response: Response { head, body: Body::Whole(answer.to_owned().into()), end: End::Complete },
        }
    }

    #[test]
    fn a_rule_joins_and_its_end_parts() {
        let exchanges = vec![
            exchange(r#"{"q":1,"t":1}"#, "a"),
            exchange(r#"{"q":1,"t":2}"#, "a"),
            exchange(r#"{"q":2,"t":1}"#, "a"),
            exchange(r#"{"q":2,"t":2}"#, "b"),
            exchange(r#"{"q":3,"t":2}"#, "b"),
        ];
        let rule =
            MatchRule { what: Insignificant::Place { place: "/t".into(), value: None }, provider: None };
        let (none, some) = (Rules::default(), Rules::new(&[rule]).unwrap());
        let session = Set { owner: Owner::Session, exchanges };
        let case = Set { owner: Owner::Case(CaseId::new("a", "b")), ..session.clone() };
        let (kept, report) = rekey(session.clone(), &none, &some);
        assert_eq!((&report.joined, &report.ambiguous), (&vec![vec![0, 1]], &vec![vec![2, 3]]));
        assert_eq!((report.removed, kept.exchanges.len()), (vec![1], 4));
        let (kept, report) = rekey(case.clone(), &none, &some);
        assert_eq!((kept, report.removed), (case.clone(), vec![]));
        assert_eq!(rekey(case, &some, &none).1.parted, [[0, 1], [2, 3]]);
        assert!(rekey(session, &some, &some).1.is_empty());
    }
}
