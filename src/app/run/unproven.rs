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
