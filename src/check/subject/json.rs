//! `$…`

use super::{Expectation, Find, Subject};
use crate::check::answer::{Answer, Trouble};
use crate::check::compile::{Mistakes, parse_path};
use crate::check::found::Found;
use crate::check::path::JsonPath;
use crate::source::Origin;

pub(super) static SUBJECT: Subject = Subject {
    name: "$…",
    summary: "what a JSONPath (RFC 9535) selects in the body; with `*`, `..`, slices or filters, the list of what it selects",
    example: "$.choices[0].message.content: { icontains: saturn }",
    compile: |entry, compiler| {
        Json::parse(&entry.key, &entry.key_origin).map(|json| {
            // Both are looked at, so that a mistake in the one does not hide a mistake in the other.
            match (json, crate::check::rules::Rules::of_entry(entry, compiler)) {
                (Ok(json), Ok(rules)) => Ok(vec![Expectation {
                    subject: entry.key.clone(),
                    origin: crate::check::compile::key_to_value(entry),
                    find: Box::new(json),
                    rules,
                }]),
                (json, rules) => Err([json.err(), rules.err()].into_iter().flatten().flatten().collect()),
            }
        })
    },
};

#[derive(Debug)]
pub(in crate::check) struct Json {
    path: JsonPath,
}

impl Json {
    /// A path; `None` if `text` does not begin with `$`.
    pub(in crate::check) fn parse(text: &str, origin: &Origin) -> Option<Result<Self, Mistakes>> {
        text.starts_with('$').then(|| match parse_path(text, origin) {
            Ok(path) => Ok(Self { path }),
            Err(mistake) => Err(vec![mistake]),
        })
    }
}

impl Find for Json {
    fn find<'a>(&'a self, answer: &'a Answer<'_>) -> Result<Found<'a>, Trouble> {
        Ok(self.path.find(answer.json()?))
    }
}
