//! Recordings that did not prove themselves, and what is said of them: of one cause once.

use super::aside::{TIMES, named};
use crate::recording::Owner;
use crate::source::Diagnostic;
use std::collections::BTreeMap;

/// Owners that are named in one message.
const NAMED: usize = 5;

/// What is wrong with what is recorded of somebody.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::app) struct Wrong {
    /// Whether it is recorded anew.
    pub(in crate::app) new: bool,
    /// Whether what was recorded lies aside.
    pub(in crate::app) kept_aside: bool,
    /// Which replay showed it, counted from 1; `None` if it came to none.
    pub(in crate::app) pass: Option<usize>,
    pub(in crate::app) what: String,
    pub(in crate::app) notes: Vec<String>,
}

/// A message for each cause, and whose sets it is about that lie aside.
pub(in crate::app) fn told(wrong: &BTreeMap<Owner, Wrong>) -> Vec<(Diagnostic, Vec<Owner>)> {
    let mut causes: Vec<(&Wrong, Vec<&Owner>)> = Vec::new();
    for (owner, wrong) in wrong {
        match causes.iter_mut().find(|(known, _)| *known == wrong) {
            Some((_, owners)) => owners.push(owner),
            None => causes.push((wrong, vec![owner])),
        }
    }
    let told = causes.into_iter().map(|(wrong, owners)| {
        let what = match wrong.pass {
            Some(pass) => {
                format!("{}, {}: {}", whose(wrong.new, &owners), TIMES[pass - 1], wrong.what)
            }
            None => wrong.what.clone(),
        };
        let aside = owners.into_iter().filter(|_| wrong.kept_aside).cloned().collect();
        (Diagnostic { notes: wrong.notes.clone(), ..Diagnostic::new(what) }, aside)
    });
    told.collect()
}

fn whose(new: bool, owners: &[&Owner]) -> String {
    let mut names: Vec<String> = owners.iter().take(NAMED).map(|owner| named(owner)).collect();
    if owners.len() > NAMED {
        names.push(format!("{} more", owners.len() - NAMED));
    }
    let names = names.join(", ");
    match (new, owners.len()) {
        (true, 1) => format!("the new recording of {names} does not replay"),
        (true, _) => format!("the new recordings of {names} do not replay"),
        (false, 1) => format!("beside the new ones, {names} does not replay"),
        (false, _) => format!("beside the new ones, {names} do not replay"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CaseId;

    #[test]
    fn one_cause_is_told_once_and_nobody_is_sent_to_a_file_that_is_not_there() {
        let wrong = |what: &str, kept_aside| Wrong {
            new: true,
            kept_aside,
            pass: Some(1),
            what: what.to_owned(),
            notes: Vec::new(),
        };
        let owner = |name| Owner::Case(CaseId::new("a", name));
        let all = BTreeMap::from([
            (owner("x"), wrong("no fixture", true)),
            (owner("y"), wrong("something else", false)),
            (owner("z"), wrong("no fixture", true)),
        ]);
        let told: Vec<(String, usize)> =
            told(&all).into_iter().map(|(diagnostic, aside)| (diagnostic.what, aside.len())).collect();
        let two = "the new recordings of `a::x`, `a::z` do not replay, the first time: no fixture";
        let one = "the new recording of `a::y` does not replay, the first time: something else";
        assert_eq!(told, [(two.to_owned(), 2), (one.to_owned(), 0)]);
    }
}
