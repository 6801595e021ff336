//! `lines`

use super::{Expectation, Find, Subject};
use crate::check::answer::{Answer, Trouble};
use crate::check::compile::{Compiler, Mistakes, all, key_to_value};
use crate::check::found::Found;
use crate::check::rules::Rules;
use crate::source::{Entry, Kind};
use std::borrow::Cow;

pub(super) static SUBJECT: Subject = Subject {
    name: "lines",
    summary: "the body as JSONL: the list of its lines; `first` and `last` are a line, `$[1]` is too",
    example: "lines: { len: 1, each: { $.custom_id: ok }, last: { $.response.status_code: 200 } }",
    compile: |entry, compiler| (entry.key == "lines").then(|| compile(entry, compiler)),
};

fn compile(entry: &Entry, compiler: &Compiler<'_>) -> Result<Vec<Expectation>, Mistakes> {
    let Kind::Map(entries) = &entry.value.kind else {
        return Ok(vec![Expectation::of_entry("lines", entry, Lines, compiler)?]);
    };
    if entries.is_empty() {
        return Err(vec![entry.value.diagnostic("an empty mapping expects nothing")]);
    }
    all(entries.iter().map(|line| match line.key.as_str() {
        "first" => Expectation::of_entry("lines.first", line, End { last: false }, compiler),
        "last" => Expectation::of_entry("lines.last", line, End { last: true }, compiler),
        _ => {
            let rules = Rules::of_entries(std::iter::once(line), compiler)?;
            Ok(Expectation {
                subject: "lines".into(),
                origin: key_to_value(line),
                find: Box::new(Lines),
                rules,
            })
        }
    }))
}

#[derive(Debug)]
struct Lines;

impl Find for Lines {
    fn find<'a>(&'a self, answer: &'a Answer<'_>) -> Result<Found<'a>, Trouble> {
        Ok(Found::One(Cow::Borrowed(answer.lines()?)))
    }
}

#[derive(Debug)]
struct End {
    last: bool,
}

impl Find for End {
    fn find<'a>(&'a self, answer: &'a Answer<'_>) -> Result<Found<'a>, Trouble> {
        let lines = answer.lines()?.as_array().map_or(&[][..], Vec::as_slice);
        let line = if self.last { lines.last() } else { lines.first() };
        Ok(line.map_or_else(
            || Found::Nothing(Some("the body has no lines".into())),
            |line| Found::One(Cow::Borrowed(line)),
        ))
    }
}
