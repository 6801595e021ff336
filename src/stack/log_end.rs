//! The end of a server's log, for the messages about its end.

use crate::process::Log;
use crate::source::Diagnostic;
use std::fmt;
use std::path::PathBuf;

/// What every server is asked again and again until it is ready. Servers that log each request would show nothing else.
const QUESTIONS: [&str; 5] =
    ["GET /v1/health", "GET /v1/models", "GET /v1/providers", "GET /v1/inspect/routes", "GET /v1/version"];

/// The last lines of a log, and where it is.
#[derive(Debug, Clone)]
pub struct LogEnd {
    lines: Vec<String>,
    path: PathBuf,
}

impl LogEnd {
    /// `lines` of the log at `path`.
    pub fn new(lines: Vec<String>, path: PathBuf) -> Self {
        Self { lines, path }
    }

    /// The end of `log`, without the questions that were asked of the server while it was waited for.
    pub(super) fn of(log: &Log) -> Self {
        let is_ours = |line: &str| QUESTIONS.iter().any(|question| line.contains(question));
        Self::new(log.tail_without(is_ours), log.path().to_owned())
    }

    /// Its lines, the last one last.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Where all of it is.
    pub(super) fn whole(&self) -> String {
        format!("its whole log is {}", self.path.display())
    }

    /// `diagnostic` with the lines, if there are any.
    pub(super) fn noted(&self, diagnostic: Diagnostic) -> Diagnostic {
        if self.lines.is_empty() {
            return diagnostic;
        }
        diagnostic.note(format!("the end of its log:\n{}", self.lines.join("\n")))
    }
}

/// How a stack ended that was in use.
#[derive(Debug)]
pub struct Died {
    pub(super) status: String,
    pub(super) end: Option<LogEnd>,
}

impl Died {
    /// The message to show; `when` says what it was needed for.
    pub fn diagnostic(&self, when: &str) -> Diagnostic {
        let diagnostic = Diagnostic::new(format!("the stack died {when}: {self}"));
        match &self.end {
            Some(end) => end.noted(diagnostic).hint(end.whole()),
            None => diagnostic,
        }
    }
}

impl fmt::Display for Died {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server ended: {}", self.status)
    }
}
