//! `header.<name>`

use super::{Expectation, Find, Subject};
use crate::check::answer::{Answer, Trouble};
use crate::check::compile::Mistakes;
use crate::check::found::Found;
use crate::source::{Diagnostic, Origin};
use serde_json::Value;
use std::borrow::Cow;

pub(super) static SUBJECT: Subject = Subject {
    name: "header.<name>",
    summary: "a response header, whatever the case of its name; a header that came several times is a list",
    example: "header.content-type: { starts_with: application/json }",
    compile: |entry, compiler| {
        Header::parse(&entry.key, &entry.key_origin)
            .map(|header| Ok(vec![Expectation::of_entry(&entry.key, entry, header?, compiler)?]))
    },
};

#[derive(Debug)]
pub(in crate::check) struct Header {
    name: String,
}

impl Header {
    /// `header.<name>`; `None` if `text` is about something else.
    pub(in crate::check) fn parse(text: &str, origin: &Origin) -> Option<Result<Self, Mistakes>> {
        let name = text.strip_prefix("header.")?;
        Some(match http::HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => Ok(Self { name: name.as_str().to_owned() }),
            Err(_) => {
                Err(vec![Diagnostic::at(origin.clone(), format!("`{name}` cannot be the name of a header"))])
            }
        })
    }
}

impl Find for Header {
    fn find<'a>(&'a self, answer: &'a Answer<'_>) -> Result<Found<'a>, Trouble> {
        let mut values: Vec<Value> = answer.header(&self.name).map(Value::from).collect();
        Ok(match values.len() {
            0 => {
                let mut names: Vec<&str> =
                    answer.observed.headers.iter().map(|(name, _)| name.as_str()).collect();
                names.sort_by_cached_key(|name| strsim::damerau_levenshtein(name, &self.name));
                names.dedup();
                Found::Nothing(Some(format!("the headers are: {}", names.join(", "))))
            }
            1 => Found::One(Cow::Owned(values.remove(0))),
            _ => Found::One(Cow::Owned(Value::Array(values))),
        })
    }
}
