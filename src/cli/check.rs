//! `stack-test check`.

use super::{Models, RunArgs, Selected, Target};
use clap::ValueEnum;
use std::path::PathBuf;

/// `stack-test check …`.
#[derive(Debug, clap::Subcommand)]
pub enum CheckCommand {
    /// Join the routes that the stack serves, those that its OpenAPI document has, those that the suites call, and those whose
    /// cases have recordings.
    Routes(Box<CheckRoutesArgs>),
    /// Run suites and hold every answer of the stack against its OpenAPI document; exits with 1 if an answer breaks it.
    Openapi(Box<CheckOpenapiArgs>),
    /// Find out whether old run configs still load and serve, and if not, what changed; exits with 1 if one does not.
    Config(Box<CheckConfigArgs>),
}

/// How a check is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For pull requests and pages.
    Markdown,
}

/// What `check routes` may insist on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Requirement {
    /// Every route that is served is called by a case.
    Tested,
    /// Every route that is served is in the document.
    Documented,
    /// Every route that is in the document, or that a case calls, is served.
    Served,
}

/// `stack-test check routes`.
#[derive(Debug, clap::Args)]
pub struct CheckRoutesArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub selected: Selected,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub target: Target,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub models: Models,
    /// The OpenAPI document, as JSON or YAML. [default: the stack's own: /openapi.json, /v1/openapi.json, …]
    #[arg(long, value_name = "FILE|URL", help_heading = "Check")]
    pub openapi: Option<String>,
    /// Exit with 1 unless each route is so.
    #[arg(long, value_enum, value_name = "WHAT,…", value_delimiter = ',', help_heading = "Check")]
    pub require: Vec<Requirement>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Check")]
    pub format: Format,
}

/// `stack-test check openapi`.
#[derive(Debug, clap::Args)]
pub struct CheckOpenapiArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub run: RunArgs,
    /// The OpenAPI document, as JSON or YAML. [default: the stack's own: /openapi.json, /v1/openapi.json, …]
    #[arg(long, value_name = "FILE|URL", help_heading = "Check")]
    pub openapi: Option<String>,
    /// How it is printed, on standard output; what the run itself says goes to standard error.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Check")]
    pub format: Format,
}

/// `stack-test check config`.
#[derive(Debug, clap::Args)]
pub struct CheckConfigArgs {
    /// Run configs, as somebody wrote them for an earlier version.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Who has to serve them: `auto` (an installed OGX or Llama Stack, else the embedded stack), `builtin`, `ogx`,
    /// `llama-stack`. [env: STACK_TEST_RUNTIME] [default: auto]
    #[arg(long, value_name = "WHO")]
    pub runtime: Option<String>,
    /// A named set of environment; see `stack-test help setups`. [default: none]
    #[arg(long, value_name = "NAME")]
    pub setup: Option<String>,
    /// Set an environment variable of the stack; it wins over the setup's.
    #[arg(long, value_name = "KEY=VALUE")]
    pub env: Vec<String>,
    /// The longest wait for each stack to become ready: `90s`, `3m`. [default: 60s]
    #[arg(long, value_name = "TIME")]
    pub ready_timeout: Option<String>,
    /// A value that must appear nowhere. Best given as `env:NAME`, so that the value stands in no command line.
    #[arg(long, value_name = "VALUE", hide_possible_values = true)]
    pub secret: Vec<String>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}
