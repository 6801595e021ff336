//! `duration`

use super::{Expectation, Find, Subject};
use crate::check::answer::{Answer, Trouble};
use crate::check::found::Found;
use crate::source::{Diagnostic, Entry, Kind};
use std::borrow::Cow;

pub(super) static SUBJECT: Subject = Subject {
    name: "duration",
    summary: "from sending the request to the end of the body",
    example: "duration: { within: 5s }",
    compile: |entry, compiler| {
        (entry.key == "duration").then(|| match bare(entry) {
            Some(mistake) => Err(vec![mistake]),
            None => Ok(vec![Expectation::of_entry("duration", entry, Duration, compiler)?]),
        })
    },
};

/// A time is never exactly what somebody wrote: a bare value is a mistake.
pub(super) fn bare(entry: &Entry) -> Option<Diagnostic> {
    if let Kind::Map(_) = entry.value.kind {
        return None;
    }
    let what = format!("`{}` is a time, which is bounded, not compared", entry.key);
    Some(entry.value.diagnostic(what).hint(format!("`{}: {{ within: 5s }}`", entry.key)))
}

#[derive(Debug)]
struct Duration;

impl Find for Duration {
    fn find<'a>(&'a self, answer: &'a Answer<'_>) -> Result<Found<'a>, Trouble> {
        Ok(Found::One(Cow::Owned(answer.observed.duration.as_secs_f64().into())))
    }
}
