//! An expectation that does not hold, before it is drawn.

use super::show;
use crate::source::{Diagnostic, Origin};
use serde_json::Value;

/// What judging gives: nothing to say, or everything that does not hold.
pub(super) type Judged = Result<(), Vec<Unmet>>;

/// An expectation that does not hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unmet {
    /// Where below the subject: `[2].id`.
    pub(super) place: String,
    /// What follows the subject in the message: `should be 200`.
    pub(super) what: String,
    pub(super) expected: Option<String>,
    pub(super) actual: Option<String>,
    pub(super) hint: Option<String>,
    pub(super) notes: Vec<String>,
    /// Where the expectation is written; set by the innermost that knows.
    pub(super) origin: Option<Origin>,
    /// Whether nothing could be judged (no value, a value of the wrong kind, a template that names nothing), so that
    /// `not` does not make it true.
    pub(super) firm: bool,
}

impl Unmet {
    /// The subject should have been as `phrase` says, and is not.
    pub(super) fn should(phrase: impl AsRef<str>) -> Self {
        Self::new(format!("should {}", phrase.as_ref()), false)
    }

    /// Nothing could be judged, for the reason given.
    pub(super) fn firm(what: impl Into<String>) -> Self {
        Self::new(what.into(), true)
    }

    /// The value is not of the kind that the predicate is about.
    pub(super) fn wrong_kind(needed: &str, value: &Value) -> Vec<Self> {
        Self::firm(format!("should be {needed}"))
            .expected(needed)
            .actual(format!("{}: {}", show::kind_of(value), show::json(value)))
            .alone()
    }

    /// A template in the expectation could not be filled.
    pub(super) fn unfilled(error: Diagnostic) -> Vec<Self> {
        let mut unmet = Self::firm(format!("cannot be judged: {}", error.what));
        unmet.hint = error.hint;
        unmet.origin = error.origin;
        unmet.alone()
    }

    fn new(what: String, firm: bool) -> Self {
        let (place, notes) = (String::new(), Vec::new());
        Self { place, what, expected: None, actual: None, hint: None, notes, origin: None, firm }
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(super) fn actual(mut self, actual: impl Into<String>) -> Self {
        self.actual = Some(actual.into());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn notes(mut self, notes: Vec<String>) -> Self {
        self.notes = notes;
        self
    }

    pub(super) fn alone(self) -> Vec<Self> {
        vec![self]
    }

    /// The failure of the expectation on `subject`.
    pub(super) fn diagnostic(self, subject: &str, origin: &Origin) -> Diagnostic {
        Diagnostic {
            what: format!("{subject}{} {}", self.place, self.what),
            origin: Some(self.origin.unwrap_or_else(|| origin.clone())),
            expected: self.expected,
            actual: self.actual,
            hint: self.hint,
            notes: self.notes,
        }
    }

    /// In one line, for a list of reasons.
    pub(super) fn in_short(&self, subject: &str) -> String {
        match &self.actual {
            Some(actual) => {
                format!("{subject}{} {}, but is {}", self.place, self.what, show::shorten(actual, 80))
            }
            None => format!("{subject}{} {}", self.place, self.what),
        }
    }
}

/// Puts every failure below `place`.
pub(super) fn below(judged: Judged, place: &str) -> Judged {
    judged.map_err(|mut unmet| {
        unmet.iter_mut().for_each(|unmet| unmet.place.insert_str(0, place));
        unmet
    })
}
