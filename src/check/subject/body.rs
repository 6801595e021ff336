//! `body`

use super::{Expectation, Find, Subject};
use crate::check::answer::{Answer, Trouble};
use crate::check::found::Found;
use crate::source::{Diagnostic, Entry};
use std::borrow::Cow;

pub(super) static SUBJECT: Subject = Subject {
    name: "body",
    summary: "the whole body as text",
    example: "body: { contains: not found }",
    compile: |entry, compiler| {
        (entry.key == "body").then(|| match about_json(entry) {
            Some(mistake) => Err(vec![mistake]),
            None => Ok(vec![Expectation::of_entry("body", entry, Body, compiler)?]),
        })
    },
};

/// A text has no members: whoever asks for some means the JSON in it.
fn about_json(entry: &Entry) -> Option<Diagnostic> {
    let json = |key: &str| key.starts_with('$') || matches!(key, "schema" | "each");
    let wrong = entry.value.entries().iter().find(|entry| json(&entry.key))?;
    let what = format!("`body` is text, which `{}` is not about", wrong.key);
    Some(Diagnostic::at(wrong.key_origin.clone(), what).hint("the body as JSON is `$`"))
}

#[derive(Debug)]
pub(in crate::check) struct Body;

impl Find for Body {
    fn find<'a>(&'a self, answer: &'a Answer<'_>) -> Result<Found<'a>, Trouble> {
        Ok(Found::One(Cow::Borrowed(answer.text())))
    }
}
