//! An answer as subjects look at it: whatever has to be parsed is parsed at most once, and only if something asks.

use super::observed::{Ending, Observed};
use super::streamed::Streamed;
use super::{excerpt, show};
use crate::wire::NdjsonParser;
use serde_json::Value;
use std::cell::OnceCell;

/// Characters of a body shown where it is not what it should be.
const START: usize = 120;

/// An [`Observed`] answer with what has been parsed of it.
pub(super) struct Answer<'a> {
    pub(super) observed: &'a Observed,
    text: OnceCell<Value>,
    json: OnceCell<Result<Value, Trouble>>,
    lines: OnceCell<Result<Value, Trouble>>,
    stream: OnceCell<Result<Streamed, Trouble>>,
}

/// The answer as a whole is not what a subject is about. It is reported once, not once for each expectation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trouble {
    pub(super) what: String,
    pub(super) expected: &'static str,
    pub(super) actual: String,
}

impl<'a> Answer<'a> {
    pub(super) fn new(observed: &'a Observed) -> Self {
        let (text, json) = (OnceCell::new(), OnceCell::new());
        Self { observed, text, json, lines: OnceCell::new(), stream: OnceCell::new() }
    }

    /// The values of a header, in the order they came.
    pub(super) fn header(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let headers = self.observed.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        headers.map(|(_, value)| value.as_str())
    }

    /// The body as a string; bytes that are no UTF-8 are replaced.
    pub(super) fn text(&self) -> &Value {
        self.text.get_or_init(|| String::from_utf8_lossy(&self.observed.body).into())
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Result<&Value, Trouble> {
        let parsed = self.json.get_or_init(|| {
            serde_json::from_slice(&self.observed.body).map_err(|error| Trouble {
                what: format!("the body is no JSON: {error}"),
                expected: "JSON",
                actual: self.start(),
            })
        });
        parsed.as_ref().map_err(Trouble::clone)
    }

    /// The body as a list, one element for each line of JSON.
    pub(super) fn lines(&self) -> Result<&Value, Trouble> {
        self.lines.get_or_init(|| self.parse_lines()).as_ref().map_err(Trouble::clone)
    }

    /// The body as a stream of events.
    pub(super) fn stream(&self) -> Result<&Streamed, Trouble> {
        self.stream.get_or_init(|| Streamed::parse(self)).as_ref().map_err(Trouble::clone)
    }

    /// What happened, if the body did not end as it should.
    pub(super) fn broken(&self, streaming: bool) -> Option<(String, String)> {
        let stream = if streaming { self.stream().ok() } else { None };
        let inside_event = stream.is_some_and(|stream| stream.inside_event);
        if self.observed.ending == Ending::Complete && !inside_event {
            return None;
        }
        let subject = if streaming { "the stream" } else { "the answer" };
        let so_far = match stream {
            Some(stream) => show::count(stream.count(), "event"),
            None => show::count(self.observed.body.len(), "byte"),
        };
        Some(match &self.observed.ending {
            Ending::Complete => {
                (format!("{subject} ended in the middle of an event, after {so_far}"), String::new())
            }
            Ending::Aborted(why) => (format!("{subject} broke off after {so_far}"), why.clone()),
            Ending::TimedOut => (
                format!("{subject} did not end in the time allowed; {so_far} came"),
                format!("no end after {}", super::span::shown(self.observed.duration.as_secs_f64())),
            ),
        })
    }

    fn parse_lines(&self) -> Result<Value, Trouble> {
        let mut parser = NdjsonParser::default();
        let lines = parser.push(&self.observed.body).map_err(|error| Trouble {
            what: error.to_string(),
            expected: "lines of JSON",
            actual: self.start(),
        })?;
        let lines = lines.into_iter().chain(parser.finish()).enumerate();
        let value = |(at, line): (usize, crate::wire::NdjsonLine)| {
            serde_json::from_str::<Value>(&line.text).map_err(|error| Trouble {
                what: format!("line {} of the body is no JSON: {error}", at + 1),
                expected: "lines of JSON",
                actual: show::shorten(&line.text, START),
            })
        };
        lines.map(value).collect()
    }

    /// What the body is, for whoever expected something else.
    pub(super) fn start(&self) -> String {
        match self.text().as_str().unwrap_or_default() {
            "" => "an empty body".into(),
            text => excerpt::printable(&show::shorten(text, START)).replace('\n', "\\n"),
        }
    }
}
