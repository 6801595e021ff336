//! What can be wrong with a recording.

/// A recording that cannot be used, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {problem}")]
pub struct FormatError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in bytes, counted from 1.
    pub column: usize,
    /// What is wrong there, and what to do.
    pub problem: Problem,
}

/// What is wrong with a recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not JSON, or ends in the middle, or has a key nobody knows.
    #[error(
        "this is no complete recording: {0}; restore the file from version control, or delete it and record again"
    )]
    Syntax(String),
    /// It was written by a later version.
    #[error(
        "this recording has format {found}, and this version of stack-test reads format {known}: upgrade it"
    )]
    Future {
        /// The format of the file.
        found: u64,
        /// The format that is known.
        known: u64,
    },
    /// It is the recording of another case.
    #[error(
        "this recording belongs to `{found}`, but its name is that of `{expected}`; move it back or record again"
    )]
    OtherCase {
        /// The case in the file.
        found: String,
        /// The case its name stands for.
        expected: String,
    },
    /// A value makes no sense.
    #[error("{0}")]
    Value(String),
}

impl FormatError {
    /// An error of the JSON reader.
    pub(super) fn syntax(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned();
        Self { line: error.line().max(1), column: error.column().max(1), problem: Problem::Syntax(what) }
    }

    /// A problem at `offset` of `text`.
    pub(super) fn at(text: &str, offset: usize, problem: Problem) -> Self {
        let before = &text.as_bytes()[..offset.min(text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Self { line, column, problem }
    }
}
