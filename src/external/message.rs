//! What is said between us and a runner: one JSON object a line.

use crate::text::end_of;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Bytes of a text that a test left that are kept; the end is what tells.
const LONGEST_TEXT: usize = 64 * 1024;

/// What a runner says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Said {
    /// The first line of a connection.
    Hello {
        /// Shows that it was started by us.
        token: String,
    },
    /// The tests there are; a runner may say so several times.
    Collected {
        /// Those found.
        #[serde(default)]
        tests: Vec<Listed>,
        /// What could not be looked into.
        #[serde(default)]
        errors: Vec<Unreadable>,
        /// Whether it waits to run them; else it ends.
        #[serde(default)]
        stays: bool,
    },
    /// It is ready to run tests.
    Ready,
    /// It wants to know the test after the one it has.
    Next,
    /// It has come to a file, and wants to know which tests to run.
    File {
        /// The file.
        file: String,
        /// The ids of its tests.
        tests: Vec<String>,
    },
    /// It is about to run a test.
    Started {
        /// The test.
        id: String,
    },
    /// Something begins in the test that runs, its setting up or taking down, that is not its own.
    Outside,
    /// The end of that.
    Inside,
    /// What the test does that has not ended.
    Hung(Box<Hung>),
    /// A test has ended.
    Finished(Box<Finished>),
    /// It has no such test.
    Unknown {
        /// The test.
        id: String,
    },
}

/// What we answer.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Answer<'a> {
    /// Now run the tests that were listed.
    Begin {
        /// The base URL of the stack.
        stack_url: &'a str,
        /// What the runner's own options may be set to.
        options: &'a Map<String, Value>,
    },
    /// Run this test next.
    Run {
        /// The test.
        id: &'a str,
    },
    /// There is no other.
    End,
    /// Of the file, run these.
    Select {
        /// The tests.
        ids: Vec<&'a str>,
    },
    /// The test may begin, or go on.
    Go {
        /// The header of its requests that names it.
        #[serde(skip_serializing_if = "Option::is_none")]
        baggage: Option<&'a str>,
        /// After so many seconds it is killed.
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<f64>,
    },
    /// The test's time is over: what does it do? If it is not told soon, it is killed without.
    Hung,
}

/// A test that a runner has.
#[derive(Debug, Clone, Deserialize)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Its file, seen from where the runner runs.
    #[serde(default)]
    pub file: Option<String>,
    /// The line it begins at, from 1.
    #[serde(default)]
    pub line: Option<usize>,
    /// Its marks.
    #[serde(default)]
    pub marks: Vec<String>,
}

/// A file that a runner could not look into.
#[derive(Debug, Clone, Deserialize)]
pub struct Unreadable {
    /// The file, if the runner says so.
    #[serde(default)]
    pub file: Option<String>,
    /// Why, in as many lines as the runner likes.
    #[serde(default)]
    pub message: String,
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// Well.
    Passed,
    /// An assertion did not hold.
    Failed,
    /// It was not run, or gave up.
    Skipped,
    /// It failed, and was expected to.
    XFailed,
    /// It passed, though it was expected to fail.
    XPassed,
    /// What it needs could not be set up or taken down.
    #[default]
    Error,
}

/// A test that has ended.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Finished {
    /// The test.
    pub id: String,
    /// How it ended.
    pub outcome: Ended,
    /// Whether a pass that was not expected is a failure.
    pub strict: bool,
    /// Why it was skipped or expected to fail.
    pub reason: Option<String>,
    /// What went wrong, in one line.
    pub message: Option<String>,
    /// The same at length.
    pub detail: Option<String>,
    /// Where it went wrong, seen from where the runner runs.
    pub file: Option<String>,
    /// The line there, from 1.
    pub line: Option<usize>,
    /// What it wrote to its standard output.
    pub stdout: Option<String>,
    /// What it wrote to its standard error.
    pub stderr: Option<String>,
    /// What it logged.
    pub log: Option<String>,
}

/// A test that does not end.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Hung {
    /// Where it is.
    pub detail: Option<String>,
    /// What it has written to its standard output so far.
    pub stdout: Option<String>,
    /// What it has written to its standard error so far.
    pub stderr: Option<String>,
}

impl Finished {
    /// Keeps the end of texts that are too long.
    pub(super) fn cut(&mut self) {
        [&mut self.detail, &mut self.stdout, &mut self.stderr, &mut self.log].into_iter().for_each(cut);
    }
}

impl Said {
    /// Keeps the end of texts that are too long.
    pub(super) fn cut(mut self) -> Self {
        match &mut self {
            Self::Finished(told) => told.cut(),
            Self::Hung(told) => {
                let Hung { detail, stdout, stderr } = told.as_mut();
                [detail, stdout, stderr].into_iter().for_each(cut);
            }
            _ => {}
        }
        self
    }
}

fn cut(text: &mut Option<String>) {
    if let Some(text) = text.as_mut().filter(|text| text.len() > LONGEST_TEXT) {
        *text = end_of(text, LONGEST_TEXT);
    }
}
