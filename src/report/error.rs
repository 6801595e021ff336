//! What can go wrong in reporting.

use std::io;

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the {reporter} report could not be written: {source}")]
pub struct ReportError {
    /// The reporter's name.
    pub reporter: &'static str,
    /// What the writer said.
    pub source: io::Error,
}

impl ReportError {
    /// For `map_err`.
    pub(super) fn of(reporter: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self { reporter, source }
    }
}

/// The argument of `--report` makes no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No reporter has that name.
    #[error("unknown report `{name}`{}; the reports are {known}", nearest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default())]
    UnknownName {
        /// What was asked for.
        name: String,
        /// A name that was probably meant.
        nearest: Option<&'static str>,
        /// All names, for the message.
        known: String,
    },
    /// There is nothing after the `=`.
    #[error("`{name}=` names no file; write `{example}`, or `{name}` for the default")]
    EmptyPath {
        /// The reporter.
        name: &'static str,
        /// How it is asked for.
        example: &'static str,
    },
}
