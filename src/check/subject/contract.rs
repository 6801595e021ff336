//! What every subject is and does.

use super::SUBJECTS;
use crate::check::answer::{Answer, Trouble};
use crate::check::compile::{Compiler, Mistakes, key_to_value};
use crate::check::found::Found;
use crate::check::predicate::CHECKS;
use crate::check::rules::Rules;
use crate::source::{Diagnostic, Entry, Origin, nearest};
use std::fmt::Debug;

/// An entry of [`SUBJECTS`].
pub(in crate::check) struct Subject {
    /// Its key in a suite.
    pub(in crate::check) name: &'static str,
    /// What it is, in one line.
    pub(in crate::check) summary: &'static str,
    /// A line below `expect:`.
    pub(in crate::check) example: &'static str,
    /// Compiles a line below `expect:`; `None` if it is about something else.
    pub(in crate::check) compile: fn(&Entry, &Compiler<'_>) -> Option<Compiled>,
}

/// The expectations of a line, or what is wrong with it.
pub(in crate::check) type Compiled = Result<Vec<Expectation>, Mistakes>;

/// Finds values in an answer.
pub(in crate::check) trait Find: Debug + Send + Sync {
    /// What it finds.
    fn find<'a>(&'a self, answer: &'a Answer<'_>) -> Result<Found<'a>, Trouble>;
}

/// A subject and what it must be like.
#[derive(Debug)]
pub(in crate::check) struct Expectation {
    /// The subject's name in messages.
    pub(in crate::check) subject: String,
    /// Where the expectation is written.
    pub(in crate::check) origin: Origin,
    pub(in crate::check) find: Box<dyn Find>,
    pub(in crate::check) rules: Rules,
}

impl Expectation {
    /// What stands after the key is about all that `find` finds.
    pub(super) fn of_entry(
        subject: impl Into<String>,
        entry: &Entry,
        find: impl Find + 'static,
        compiler: &Compiler<'_>,
    ) -> Result<Self, Mistakes> {
        let rules = Rules::of_entry(entry, compiler)?;
        Ok(Self { subject: subject.into(), origin: key_to_value(entry), find: Box::new(find), rules })
    }
}

/// Compiles a line below `expect:`.
pub(in crate::check) fn compile(
    entry: &Entry,
    compiler: &Compiler<'_>,
) -> Result<Vec<Expectation>, Mistakes> {
    let compiled = SUBJECTS.iter().find_map(|subject| (subject.compile)(entry, compiler));
    compiled.unwrap_or_else(|| Err(vec![unknown(entry)]))
}

fn unknown(entry: &Entry) -> Diagnostic {
    let key = &entry.key;
    let diagnostic =
        Diagnostic::at(entry.key_origin.clone(), format!("`{key}` is nothing that an answer has"));
    let names: Vec<&str> = SUBJECTS.iter().map(|subject| subject.name).collect();
    diagnostic.hint(if key == "header" || key.starts_with("headers") {
        "a header is named in the key: `header.content-type: …`".to_owned()
    } else if CHECKS.iter().any(|rule| rule.name == key) {
        format!("`{key}` is a predicate; it stands below a subject: `$.id: {{ {key}: … }}`")
    } else if let Some(near) = nearest(key, names.iter().copied()) {
        format!("did you mean `{near}`?")
    } else if key.contains(['.', '[']) {
        format!("a path in the body begins with a dollar sign: `$.{key}`")
    } else {
        format!("there are: {}", names.join(", "))
    })
}
