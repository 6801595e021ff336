//! `status`

use super::{Expectation, Find, Subject};
use crate::check::answer::{Answer, Trouble};
use crate::check::found::Found;
use crate::source::{Entry, Kind};
use std::borrow::Cow;

pub(super) static SUBJECT: Subject = Subject {
    name: "status",
    summary: "the HTTP status, a number",
    example: "status: { in: [200, 201] }",
    compile: |entry, compiler| {
        (entry.key == "status").then(|| match mistake(entry) {
            Some(what) => Err(vec![entry.value.diagnostic(what).hint("a status is a number: `status: 200`")]),
            None => Ok(vec![Expectation::of_entry("status", entry, Status, compiler)?]),
        })
    },
};

fn mistake(entry: &Entry) -> Option<String> {
    match &entry.value.kind {
        Kind::Number(number) if number.as_u64().is_none_or(|code| !(100..=999).contains(&code)) => {
            Some(format!("{number} is no HTTP status"))
        }
        Kind::Number(_) | Kind::Map(_) => None,
        Kind::String(text) if text.contains("{{") => None,
        _ => Some(format!("{} is no HTTP status", entry.value.kind_name())),
    }
}

#[derive(Debug)]
pub(in crate::check) struct Status;

impl Find for Status {
    fn find<'a>(&'a self, answer: &'a Answer<'_>) -> Result<Found<'a>, Trouble> {
        Ok(Found::One(Cow::Owned(answer.observed.status.into())))
    }
}
