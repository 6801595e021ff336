//! The stable name of a case.

use std::fmt;

/// `inference/chat::streaming[txt=ollama/llama3.2-saturn]`: suite path, case name, parameter ids.
///
/// It is what `-k` searches, what reports show, what a recording is filed under and what travels as W3C baggage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId {
    suite: String,
    case: String,
}

impl CaseId {
    /// `suite` is the path of the suite file below the suites folder, without its extension; `case` is the name of the
    /// case with its parameters in brackets, if it has any.
    pub fn new(suite: impl Into<String>, case: impl Into<String>) -> Self {
        Self { suite: suite.into(), case: case.into() }
    }

    /// Splits what [`fmt::Display`] printed.
    pub fn parse(text: &str) -> Option<Self> {
        let (suite, case) = text.split_once("::")?;
        Some(Self::new(suite, case))
    }

    /// The suite's path: `inference/chat`.
    pub fn suite(&self) -> &str {
        &self.suite
    }

    /// The case with its parameters: `streaming[txt=ollama/llama3.2-saturn]`.
    pub fn case(&self) -> &str {
        &self.case
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.suite, self.case)
    }
}
