//! The plan: what the runner works off.

use super::external::{ExternalTest, PlannedTool};
use crate::check::{Captures, Checks, TextTemplate, ValueTemplate};
use crate::model::{CaseId, When};
use crate::source::{Origin, SourceFile};
use crate::suite::DeclaredRule;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

/// Everything that will run, in the order of the files.
#[derive(Debug, Default)]
pub struct Plan {
    /// The suites that have at least one selected case.
    pub suites: Vec<PlannedSuite>,
    /// The selected cases.
    pub cases: Vec<PlannedCase>,
    /// How many cases were left out by the selection.
    pub deselected: usize,
}

/// A suite file.
#[derive(Debug, Clone)]
pub struct PlannedSuite {
    /// Path below the suites folder, without extension: `inference/chat`.
    pub path: String,
    /// The file's text and name.
    pub file: Arc<SourceFile>,
    /// Its `about` line.
    pub about: Option<String>,
    /// What does not count when its provider calls are compared.
    pub rules: Vec<DeclaredRule>,
    /// The runner of its tests, if it is somebody else's.
    pub tool: Option<Arc<PlannedTool>>,
}

/// A case with its parameters filled in.
#[derive(Debug, Clone)]
pub struct PlannedCase {
    /// Its name.
    pub id: CaseId,
    /// Index into [`Plan::suites`].
    pub suite: usize,
    /// Where it is defined: its `name`.
    pub origin: Origin,
    /// Its tags and those of its suite.
    pub tags: Vec<String>,
    /// APIs without which it is skipped.
    pub requires_apis: Vec<String>,
    /// Why it is skipped, where that is known without a stack.
    pub skip: Option<String>,
    /// Where it is skipped, and why, where that depends on the stack; the first that holds counts.
    pub skip_when: Vec<(When, String)>,
    /// Where it is expected to fail; the first that holds counts.
    pub xfail: Vec<XFail>,
    /// The longest it may take, `finally` not counted.
    pub timeout: Option<Duration>,
    /// What the stack's own recorder knows it as, if that is not its id.
    pub test_id: Option<String>,
    /// How often it may be tried again after a failure.
    pub retries: u32,
    /// Run several times against live models.
    pub repeat: Option<Repeat>,
    /// Never beside another case that holds one of the same locks.
    pub locks: Vec<String>,
    /// Servers that run beside it.
    pub fixtures: Arc<[PlannedFixture]>,
    /// The values of its parameters and models, and `param_id`.
    pub names: Map<String, Value>,
    /// The steps; shared by all parameters of the case.
    pub steps: Arc<[PlannedStep]>,
    /// Steps that run at the end whatever happened; failures in them count.
    pub finally: Arc<[PlannedStep]>,
    /// Set if another runner has the work; then there are no steps.
    pub external: Option<ExternalTest>,
}

impl PlannedCase {
    /// Whether it expects something of the telemetry that the stack sends.
    pub fn asks_telemetry(&self) -> bool {
        fn asks(steps: &[PlannedStep]) -> bool {
            steps.iter().any(|step| match step {
                PlannedStep::Request(step) => step.expect.asks_telemetry(),
                PlannedStep::Fragment { steps, .. } => asks(steps),
            })
        }
        asks(&self.steps)
    }
}

/// A server that runs beside a case.
#[derive(Debug, Clone)]
pub struct PlannedFixture {
    /// Its name in templates: `fixtures.<name>`.
    pub name: String,
    /// What it serves.
    pub plan: FixturePlan,
}

/// What a fixture serves.
#[derive(Debug, Clone)]
pub enum FixturePlan {
    /// Tools, by the Model Context Protocol.
    Mcp(McpPlan),
    /// Files.
    Files(Vec<HostedPlan>),
}

/// A server of tools.
#[derive(Debug, Clone)]
pub struct McpPlan {
    /// The bearer token without which nothing is answered.
    pub token: Option<TextTemplate>,
    /// Its tools.
    pub tools: Vec<ToolPlan>,
}

/// A tool.
#[derive(Debug, Clone)]
pub struct ToolPlan {
    /// Its name.
    pub name: String,
    /// What models are told of it.
    pub about: Option<String>,
    /// The JSON Schema of its arguments.
    pub input: Value,
    /// What it answers; knows the arguments as `args`.
    pub answer: ValueTemplate,
    /// Whether the answer is a failure of the tool.
    pub is_error: bool,
}

/// A file that is served.
#[derive(Debug, Clone)]
pub struct HostedPlan {
    /// Its path, with a slash at the beginning.
    pub path: String,
    /// What it holds.
    pub content: HostedContent,
    /// Its content type, if the suite gives one.
    pub content_type: Option<String>,
    /// The status it is answered with, if not 200.
    pub status: Option<u16>,
}

/// What a file holds that is served.
#[derive(Debug, Clone)]
pub enum HostedContent {
    /// Text.
    Text(TextTemplate),
    /// JSON.
    Json(ValueTemplate),
    /// The bytes of a file beside the suite.
    Bytes(bytes::Bytes),
}

/// An expected failure.
#[derive(Debug, Clone)]
pub struct XFail {
    /// Why.
    pub reason: String,
    /// Whether a pass is a failure of the run.
    pub strict: bool,
    /// Against which stacks.
    pub when: When,
}

/// A case that is judged by its rate of passing.
#[derive(Debug, Clone, Copy)]
pub struct Repeat {
    /// How often it runs when a live model answers.
    pub times: u32,
    /// The share of passes needed, from 0 to 1.
    pub pass_rate: f64,
}

/// One step of a case.
#[derive(Debug, Clone)]
pub enum PlannedStep {
    /// An HTTP request.
    Request(Box<RequestStep>),
    /// A fragment, with its parameters bound. What its steps capture is visible to the steps after it; its `finally` runs
    /// at the end of the case with the names as they were when the fragment ended.
    Fragment {
        /// The fragment's name.
        name: String,
        /// Where it is used.
        origin: Origin,
        /// Its parameters.
        with: Vec<(String, ValueTemplate)>,
        /// Its steps.
        steps: Arc<[PlannedStep]>,
        /// Steps that run at the end of the case, if the fragment was begun.
        finally: Arc<[PlannedStep]>,
    },
}

/// An HTTP request with what is expected of its answer.
#[derive(Debug, Clone)]
pub struct RequestStep {
    /// Where it is written: the value of `post:`, `get:`, …
    pub origin: Origin,
    /// The method.
    pub method: Method,
    /// Path and query below the stack's base URL, or a whole URL.
    pub path: TextTemplate,
    /// Query parameters added to the path; a null leaves one out.
    pub query: Vec<(String, ValueTemplate)>,
    /// Headers.
    pub headers: Vec<(String, TextTemplate)>,
    /// What is sent.
    pub body: Body,
    /// What the answer must be like.
    pub expect: Checks,
    /// Values taken from the answer.
    pub capture: Captures,
    /// Set if the request is repeated until the answer is as wanted.
    pub polling: Option<Polling>,
    /// The longest this request may take.
    pub timeout: Option<Duration>,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Head,
    Options,
}

impl Method {
    /// As it is sent: `GET`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
        }
    }
}

/// What a request sends.
#[derive(Debug, Clone)]
pub enum Body {
    /// Nothing.
    None,
    /// A JSON value, with `content-type: application/json`.
    Json(ValueTemplate),
    /// A text as it stands; the content type is the suite's to give.
    Text(TextTemplate),
    /// A form, with its boundary.
    Multipart(Vec<Part>),
}

/// A part of a form.
#[derive(Debug, Clone)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// The file name, for a part that is a file.
    pub file_name: Option<TextTemplate>,
    /// The content type, if the suite gives one.
    pub content_type: Option<String>,
    /// What it holds.
    pub content: PartContent,
}

/// What a part of a form holds.
#[derive(Debug, Clone)]
pub enum PartContent {
    /// A value; anything but a string is sent as JSON.
    Value(ValueTemplate),
    /// A list, a line of JSON each (JSONL); strings stand as they are.
    Lines(ValueTemplate),
    /// The bytes of a file beside the suite.
    Bytes(bytes::Bytes),
}

/// Repeating a request until its answer is as wanted.
#[derive(Debug, Clone)]
pub struct Polling {
    /// What is waited for.
    pub until: Checks,
    /// What ends the waiting as a failure.
    pub abort_if: Option<Checks>,
    /// The longest wait.
    pub within: Duration,
    /// What becomes of the case when the wait is over.
    pub on_timeout: OnTimeout,
}

/// What becomes of a case whose wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTimeout {
    /// It fails.
    Fail,
    /// It is skipped.
    Skip,
}
