//! `stream`

use super::duration::bare;
use super::{Expectation, Find, Subject};
use crate::check::answer::{Answer, Trouble};
use crate::check::compile::{Compiler, Mistakes, all, key_to_value};
use crate::check::found::Found;
use crate::check::path::JsonPath;
use crate::check::predicate::CHECKS;
use crate::check::rules::Rules;
use crate::check::streamed::Streamed;
use crate::source::{Diagnostic, Entry, Kind, nearest};
use serde_json::Value;
use std::borrow::Cow;
use std::time::Duration;

pub(super) static SUBJECT: Subject = Subject {
    name: "stream",
    summary: "a streamed answer (server-sent events, or lines of JSON), put together; its fields are listed below",
    example: "stream: { events: { ge: 2 }, text: { not: { empty: true } }, ends_with: '[DONE]' }",
    compile: |entry, compiler| (entry.key == "stream").then(|| compile(entry, compiler)),
};

/// Something that a streamed answer has.
#[derive(Debug)]
pub(in crate::check) struct Field {
    /// Its key below `stream:`.
    pub(in crate::check) name: &'static str,
    /// What it is, in one line.
    pub(in crate::check) summary: &'static str,
    /// A line below `stream:`.
    pub(in crate::check) example: &'static str,
    find: for<'a> fn(&'a Streamed, Duration) -> Found<'a>,
    /// Whether it is a time.
    is_time: bool,
}

/// All fields of a stream.
pub(in crate::check) static FIELDS: &[Field] = &[
    field(
        "events",
        "the number of events, a closing [DONE] not counted",
        "events: { ge: 2 }",
        |stream, _| Found::One(Cow::Owned(stream.count().into())),
    ),
    field(
        "text",
        "the text that the model streamed, put together",
        "text: { icontains: hello }",
        |stream, _| Found::One(Cow::Borrowed(&stream.text)),
    ),
    field(
        "tool_calls",
        "the tool calls that the model streamed, put together: id, type, function.name, function.arguments (JSON text)",
        "tool_calls: { len: 1, '$[0].function.name': get_weather }",
        |stream, _| Found::One(Cow::Borrowed(&stream.tool_calls)),
    ),
    field("finish_reason", "why the model ended", "finish_reason: stop", |stream, _| {
        optional(stream.finish_reason.as_ref(), "no event gave a reason")
    }),
    field("usage", "the last usage block", "usage: { $.total_tokens: { gt: 0 } }", |stream, _| {
        optional(stream.usage.as_ref(), "no event had a usage block")
    }),
    field("errors", "the number of events that report an error", "errors: 0", |stream, _| {
        Found::One(Cow::Owned(stream.errors.into()))
    }),
    field(
        "first",
        "the data of the first event",
        "first: { $.object: chat.completion.chunk }",
        |stream, _| optional(stream.list().first(), "the stream had no events"),
    ),
    field(
        "last",
        "the data of the last event, a closing [DONE] aside",
        "last: { $.type: response.completed }",
        |stream, _| optional(stream.list().last(), "the stream had no events"),
    ),
    field("ends_with", "the data of the last event, [DONE] too", "ends_with: '[DONE]'", |stream, _| {
        optional(stream.last.as_ref(), "the stream had no events")
    }),
    time(
        "first_event",
        "from sending the request to the first event",
        "first_event: { within: 5s }",
        |stream, _| seconds(stream.arrivals.first().copied()),
    ),
    time("gap", "the longest pause between two events", "gap: { within: 2s }", |stream, _| {
        seconds(stream.longest_gap())
    }),
    time(
        "duration",
        "from sending the request to the end of the stream",
        "duration: { within: 30s }",
        |_, whole| seconds(Some(whole)),
    ),
];

type FindField = for<'a> fn(&'a Streamed, Duration) -> Found<'a>;

const fn field(name: &'static str, summary: &'static str, example: &'static str, find: FindField) -> Field {
    Field { name, summary, example, find, is_time: false }
}

const fn time(name: &'static str, summary: &'static str, example: &'static str, find: FindField) -> Field {
    Field { name, summary, example, find, is_time: true }
}

fn optional<'a>(value: Option<&'a Value>, otherwise: &str) -> Found<'a> {
    value.map_or_else(|| Found::Nothing(Some(otherwise.to_owned())), |value| Found::One(Cow::Borrowed(value)))
}

fn seconds<'a>(time: Option<Duration>) -> Found<'a> {
    match time {
        Some(time) => Found::One(Cow::Owned(time.as_secs_f64().into())),
        None => Found::Nothing(Some("the stream had no events".into())),
    }
}

fn compile(entry: &Entry, compiler: &Compiler<'_>) -> Result<Vec<Expectation>, Mistakes> {
    match &entry.value.kind {
        Kind::Map(entries) if !entries.is_empty() => {
            all(entries.iter().map(|line| compile_line(line, compiler)))
        }
        _ => Err(vec![
            entry
                .value
                .diagnostic("`stream` takes a mapping")
                .hint("for instance `stream: { events: { ge: 2 } }`"),
        ]),
    }
}

fn compile_line(line: &Entry, compiler: &Compiler<'_>) -> Result<Expectation, Mistakes> {
    if let Some(field) = FIELDS.iter().find(|field| field.name == line.key) {
        if let Some(mistake) = bare(line).filter(|_| field.is_time) {
            return Err(vec![mistake]);
        }
        let find = StreamField { field, path: None };
        return Expectation::of_entry(format!("stream.{}", field.name), line, find, compiler);
    }
    // `each` and `any` are about the list of events, as they are of any list; so are paths.
    let predicate = CHECKS.iter().find(|rule| rule.name == line.key && matches!(rule.name, "each" | "any"));
    let rules = match predicate {
        Some(rule) => Rules::single((rule.compile)(line, compiler)?, key_to_value(line)),
        None if line.key.starts_with('$') => Rules::of_entries(std::iter::once(line), compiler)?,
        None => return Err(vec![unknown(line)]),
    };
    Ok(Expectation {
        subject: "stream.events".into(),
        origin: key_to_value(line),
        find: Box::new(Events),
        rules,
    })
}

fn unknown(line: &Entry) -> Diagnostic {
    let names = || FIELDS.iter().map(|field| field.name).chain(["each", "any"]);
    let what = format!("`{}` is nothing that a stream has", line.key);
    let diagnostic = Diagnostic::at(line.key_origin.clone(), what);
    match nearest(&line.key, names()) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic.hint(format!("there are: {}", names().collect::<Vec<_>>().join(", "))),
    }
}

/// A field of a stream, or what a path selects below it.
#[derive(Debug)]
pub(in crate::check) struct StreamField {
    pub(in crate::check) field: &'static Field,
    pub(in crate::check) path: Option<JsonPath>,
}

impl Find for StreamField {
    fn find<'a>(&'a self, answer: &'a Answer<'_>) -> Result<Found<'a>, Trouble> {
        let found = (self.field.find)(answer.stream()?, answer.observed.duration);
        Ok(match (&self.path, found) {
            (Some(path), Found::One(Cow::Borrowed(root))) => path.find(root),
            (Some(_), Found::One(Cow::Owned(_))) => Found::Nothing(Some("a number has no members".into())),
            (_, found) => found,
        })
    }
}

#[derive(Debug)]
struct Events;

impl Find for Events {
    fn find<'a>(&'a self, answer: &'a Answer<'_>) -> Result<Found<'a>, Trouble> {
        Ok(Found::One(Cow::Borrowed(&answer.stream()?.events)))
    }
}
