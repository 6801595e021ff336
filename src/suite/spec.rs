//! The typed contents of a suite file.

use super::{DeclaredRule, ModelKind};
use crate::model::When;
use crate::source::{Node, Origin};
use std::time::Duration;

/// A word the user wrote, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub origin: Origin,
}

/// A named value that may hold templates: a header, a query parameter, an argument.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: Word,
    /// Its value.
    pub value: Node,
}

/// What a file below the suites folder holds.
#[derive(Debug)]
pub enum Document {
    /// Cases.
    Suite(Suite),
    /// A named selection of other files.
    Bundle(Bundle),
    /// Tests of another runner.
    External(External),
}

/// A file of cases.
#[derive(Debug, Default)]
pub struct Suite {
    /// One line on what it checks.
    pub about: Option<String>,
    /// Words to select its cases by.
    pub tags: Vec<String>,
    /// APIs without which its cases are skipped.
    pub requires_apis: Vec<String>,
    /// What holds for every case.
    pub defaults: Defaults,
    /// What does not count when its provider calls are compared.
    pub rules: Vec<DeclaredRule>,
    /// Servers that its cases may ask for.
    pub fixtures: Vec<FixtureSpec>,
    /// Its own fragments.
    pub fragments: Vec<Fragment>,
    /// Its cases, in the order they are written.
    pub cases: Vec<Case>,
}

/// What holds for every case of a suite.
#[derive(Debug, Default)]
pub struct Defaults {
    /// The longest a case may take.
    pub timeout: Option<Duration>,
    /// Headers of every request that does not set them itself.
    pub headers: Vec<Field>,
}

/// A named selection of files.
#[derive(Debug, Default)]
pub struct Bundle {
    /// One line on what it covers.
    pub about: Option<String>,
    /// Files, folders and other bundles.
    pub include: Vec<Word>,
    /// Files and folders to leave out.
    pub exclude: Vec<Word>,
    /// The setup taken where none is given.
    pub setup: Option<Word>,
}

/// Tests of another runner.
#[derive(Debug)]
pub struct External {
    /// One line on what they check.
    pub about: Option<String>,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// APIs without which it is skipped.
    pub requires_apis: Vec<String>,
    /// Where `external` is written.
    pub origin: Origin,
    /// One of [`External::ADAPTERS`].
    pub adapter: Option<Word>,
    /// The program and its arguments, which may hold templates.
    pub command: Vec<Node>,
    /// A program that lists the tests, and its arguments.
    pub list: Vec<Node>,
    /// Where it runs; a string.
    pub cwd: Option<Node>,
    /// Environment variables.
    pub env: Vec<Field>,
    /// What a process is given at once.
    pub distribute: Distribute,
    /// The longest one test may take.
    pub timeout: Option<Duration>,
    /// The longest a process may take until it is ready to run a test.
    pub start_timeout: Option<Duration>,
    /// The most processes at a time.
    pub processes: Option<u32>,
}

/// What a process of another runner is given at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Distribute {
    /// All tests of a file, so that what they share is set up once.
    #[default]
    File,
    /// One test.
    Test,
}

impl Distribute {
    /// The words in a suite.
    pub const NAMES: [&'static str; 2] = ["file", "test"];
}

impl External {
    /// The adapters there are: those of the table in the room `external`, which this one cannot see.
    pub const ADAPTERS: [&'static str; 3] = ["pytest", "jest", "command"];
}

/// A server that runs beside each case of a suite.
#[derive(Debug, Clone)]
pub struct FixtureSpec {
    /// Its name in templates: `fixtures.<name>`.
    pub name: Word,
    /// What it serves.
    pub kind: FixtureKind,
}

/// What a fixture serves.
#[derive(Debug, Clone)]
pub enum FixtureKind {
    /// Tools, by the Model Context Protocol.
    Mcp(McpSpec),
    /// Files.
    Files(Vec<HostedSpec>),
}

/// A server of tools.
#[derive(Debug, Clone)]
pub struct McpSpec {
    /// The bearer token without which nothing is answered; a string.
    pub token: Option<Node>,
    /// Its tools, in the order they are written.
    pub tools: Vec<ToolSpec>,
}

/// A tool.
#[derive(Debug, Clone)]
pub struct ToolSpec {
    /// Its name.
    pub name: Word,
    /// What models are told of it.
    pub about: Option<String>,
    /// The JSON Schema of its arguments.
    pub input: Option<Node>,
    /// What it answers; templates know the arguments as `args`.
    pub answer: Node,
    /// Whether the answer is a failure of the tool.
    pub is_error: bool,
}

/// A file that is served.
#[derive(Debug, Clone)]
pub struct HostedSpec {
    /// Its path, with a slash at the beginning.
    pub path: Word,
    /// What it holds.
    pub content: HostedFile,
    /// Its content type, if the suite gives one.
    pub content_type: Option<String>,
    /// The status it is answered with, if not 200.
    pub status: Option<u16>,
}

/// What a file holds that is served.
#[derive(Debug, Clone)]
pub enum HostedFile {
    /// Text.
    Text(Node),
    /// JSON.
    Json(Node),
    /// The bytes of the file at this path beside the suite.
    Path(Word),
}

/// Steps with a name, to be used by cases.
#[derive(Debug)]
pub struct Fragment {
    /// Its name.
    pub name: Word,
    /// The names it must be given.
    pub takes: Vec<Word>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Steps for the end of the case.
    pub finally: Vec<Step>,
}

/// A case.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub name: Word,
    /// One line on what it checks.
    pub about: Option<String>,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// The kinds of model it wants, in the order of [`ModelKind::ALL`].
    pub models: Vec<ModelKind>,
    /// Its parameters, in the order they are written.
    pub params: Vec<Param>,
    /// APIs without which it is skipped.
    pub requires_apis: Vec<String>,
    /// Where it is not run; the first that fits counts.
    pub skip: Vec<Skip>,
    /// Where it is expected to fail; the first that fits counts.
    pub xfail: Vec<ExpectedFailure>,
    /// The longest it may take.
    pub timeout: Option<Duration>,
    /// What the stack's own recorder knows it as; a template.
    pub test_id: Option<Node>,
    /// How often it may be tried again.
    pub retries: u32,
    /// Set if it is judged by its rate of passing.
    pub repeat: Option<Repeat>,
    /// Its locks.
    pub locks: Vec<String>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Steps for its end.
    pub finally: Vec<Step>,
}

/// A name with several values.
#[derive(Debug)]
pub struct Param {
    /// The name.
    pub name: Word,
    /// Its values.
    pub values: Vec<ParamValue>,
}

/// One value of a parameter.
#[derive(Debug)]
pub struct ParamValue {
    /// How it appears in the case id.
    pub id: Word,
    /// The value.
    pub value: Node,
}

/// Why a case is not run.
#[derive(Debug)]
pub struct Skip {
    /// Why.
    pub reason: String,
    /// Only with these param ids; always, if there are none.
    pub params: Vec<Word>,
    /// Only against these stacks.
    pub when: When,
}

/// Why a case is expected to fail.
#[derive(Debug)]
pub struct ExpectedFailure {
    /// Why.
    pub reason: String,
    /// Whether a pass fails the run.
    pub strict: bool,
    /// Only with these param ids; always, if there are none.
    pub params: Vec<Word>,
    /// Only against these stacks.
    pub when: When,
}

/// A case that is judged by its rate of passing.
#[derive(Debug, Clone, Copy)]
pub struct Repeat {
    /// How often it runs.
    pub times: u32,
    /// The share of passes needed, from 0 to 1.
    pub pass_rate: f64,
}

/// One step.
#[derive(Debug)]
pub enum Step {
    /// A request.
    Request(Box<Request>),
    /// The steps of a fragment.
    Use {
        /// The fragment's name.
        fragment: Word,
        /// What it is given.
        with: Vec<Field>,
    },
}

/// A request.
#[derive(Debug)]
pub struct Request {
    /// One of [`METHODS`](super::keys::METHODS).
    pub method: &'static str,
    /// The path; a string.
    pub path: Node,
    /// Query parameters.
    pub query: Vec<Field>,
    /// Headers.
    pub headers: Vec<Field>,
    /// What is sent.
    pub body: BodySpec,
    /// The `expect:` mapping.
    pub expect: Option<Node>,
    /// The `capture:` mapping.
    pub capture: Option<Node>,
    /// Set if it is asked again and again.
    pub poll: Option<Poll>,
    /// The longest it may take.
    pub timeout: Option<Duration>,
}

/// Asking until the answer is as wanted.
#[derive(Debug)]
pub struct Poll {
    /// The `until:` mapping.
    pub until: Node,
    /// The `abort_if:` mapping.
    pub abort_if: Option<Node>,
    /// The longest wait.
    pub within: Duration,
    /// Whether the case is skipped rather than failed when the wait is over.
    pub skip_on_timeout: bool,
}

/// What a request sends.
#[derive(Debug)]
pub enum BodySpec {
    /// Nothing.
    None,
    /// JSON.
    Json(Node),
    /// Text.
    Text(Node),
    /// A form.
    Multipart(Vec<PartSpec>),
}

/// A part of a form.
#[derive(Debug)]
pub struct PartSpec {
    /// The field.
    pub field: Word,
    /// The file name; a string.
    pub file_name: Option<Node>,
    /// The content type.
    pub content_type: Option<String>,
    /// What it holds.
    pub value: PartValue,
}

/// What a part of a form holds.
#[derive(Debug)]
pub enum PartValue {
    /// A value or text.
    Value(Node),
    /// A list, a line of JSON each.
    Lines(Node),
    /// The bytes of the file at this path beside the suite.
    File(Word),
}
