//! `stack-test run` and `stack-test record`.

use crate::model::{Egress, InferenceMode, OnDifference, ReplaySpeed, Shard};
use std::path::PathBuf;

/// `stack-test run`.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub common: Common,
    /// What becomes of provider calls: replay, record, record-if-missing or live. [env: STACK_TEST_INFERENCE_MODE,
    /// LLAMA_STACK_TEST_INFERENCE_MODE, OGX_TEST_INFERENCE_MODE] [default: replay]
    #[arg(long, value_name = "MODE", help_heading = "Stack")]
    pub inference_mode: Option<InferenceMode>,
    /// How fast recorded answers come: `instant`, `recorded` (with the pauses that were recorded), or a factor like `10x`.
    #[arg(long, value_name = "SPEED", help_heading = "Stack")]
    pub replay_speed: Option<ReplaySpeed>,
    /// Fail on recordings that the run did not use, and on provider calls that nothing but their content assigns to a case
    /// where cases have different answers.
    #[arg(long, help_heading = "Stack")]
    pub strict: bool,
}

/// `stack-test record`.
#[derive(Debug, clap::Args)]
pub struct RecordArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub common: Common,
    /// Record only the cases that have no recordings; replay the others.
    #[arg(long, help_heading = "Stack")]
    pub if_missing: bool,
    /// Keep the new recordings of a case that fails, too, and record a provider that cannot be reached as such.
    #[arg(long, help_heading = "Stack")]
    pub keep_failed: bool,
    /// Stop recording when the providers' usage blocks add up to so many tokens.
    #[arg(long, value_name = "N", help_heading = "Stack")]
    pub max_tokens: Option<u64>,
}

/// What both have.
#[derive(Debug, clap::Args)]
#[expect(missing_docs, reason = "clap would show it as the text of the group")]
pub struct Common {
    #[command(flatten)]
    pub selected: Selected,
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub models: Models,
    #[command(flatten)]
    pub execution: Execution,
    #[command(flatten)]
    pub output: Output,
}

/// Which cases.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Selection")]
pub struct Selected {
    /// Suites by name or path: `base`, `inference/chat`, `inference/`, `suites/inference/chat.yaml`, `inference/chat::streaming`.
    #[arg(value_name = "SUITE")]
    pub suites: Vec<String>,
    /// A suite by name or path; the same as naming it without the flag. [default: base]
    #[arg(long, value_name = "SUITE")]
    pub suite: Vec<String>,
    /// Folders of suites, in place of a suite; needs --setup.
    #[arg(long, value_name = "DIR,…", value_delimiter = ',', requires = "setup")]
    pub subdirs: Vec<String>,
    /// Cases whose id matches: substrings with `and`, `or`, `not` and parentheses.
    #[arg(short = 'k', long = "pattern", value_name = "EXPRESSION")]
    pub pattern: Option<String>,
    /// Cases that have one of these tags.
    #[arg(long, value_name = "TAG,…", value_delimiter = ',')]
    pub tag: Vec<String>,
    /// One of several machines that share the cases: `1/3` for every third of those selected, from the first on.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// List the selected cases and run nothing.
    #[arg(long, visible_alias = "co")]
    pub collect_only: bool,
    /// The folder that holds the suites. [default: suites]
    #[arg(long, value_name = "DIR")]
    pub suites_dir: Option<PathBuf>,
}

/// Against what.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Stack")]
pub struct Target {
    /// The stack: `starter`, `server:starter:8322`, a URL, `run.yaml`, `inference=ollama,files=localfs`, …; see `stack-test
    /// help stack-configs`. Given several times, the cases run against each, and what differs from the first is told. [env:
    /// STACK_TEST_CONFIG, LLAMA_STACK_CONFIG, OGX_CONFIG] [default: starter]
    #[arg(long, value_name = "STACK-CONFIG")]
    pub stack_config: Vec<String>,
    /// Who plays the stack's config: `auto` (an installed OGX or Llama Stack, else the embedded stack), `builtin`, `ogx`,
    /// `llama-stack`, `command` (one of `distributions:`). Of several stacks one for all, or one for each in their order. [env:
    /// STACK_TEST_RUNTIME] [default: auto]
    #[arg(long, value_name = "WHO")]
    pub runtime: Vec<String>,
    /// Start so many copies of the stack and spread the cases over them. [default: 1]
    #[arg(long, value_name = "N")]
    pub stacks: Option<usize>,
    /// What becomes of a run whose stacks differ: `report`, `fail` (unless only texts do), `strict`. [default: report]
    #[arg(long, value_name = "WHAT")]
    pub differences: Option<OnDifference>,
    /// Whether an installed stack is started by `opentelemetry-instrument`, so that its calls to providers say which case
    /// they are for: `auto` (where that is installed beside it), `on`, `off`. [env: STACK_TEST_OTEL] [default: auto]
    #[arg(long, value_name = "WHEN")]
    pub otel: Option<String>,
    /// Who records and replays: `gateway`, or `stack`, which leaves it to the recorder of an installed Llama Stack or OGX and
    /// its files. [default: gateway]
    #[arg(long, value_name = "WHO")]
    pub recorder: Option<String>,
    /// A named set of environment and models; see `stack-test help setups`. [default: the suite's own]
    #[arg(long, value_name = "NAME")]
    pub setup: Option<String>,
    /// Set an environment variable of the stack; it wins over the setup's.
    #[arg(long, value_name = "KEY=VALUE")]
    pub env: Vec<String>,
    /// The longest wait for the stack to become ready: `90s`, `3m`. [default: 60s]
    #[arg(long, value_name = "TIME")]
    pub ready_timeout: Option<String>,
    /// The folder that holds the recordings. [default: recordings]
    #[arg(long, value_name = "DIR")]
    pub recordings: Option<PathBuf>,
    /// A value that must appear nowhere: masked in recordings, reports and output. Best given as `env:NAME`, so that the
    /// value stands in no command line.
    #[arg(long, value_name = "VALUE", hide_possible_values = true)]
    pub secret: Vec<String>,
    /// What becomes of connections to hosts that are no provider: `report` or `deny`. [default: report]
    #[arg(long, value_name = "WHAT")]
    pub egress: Option<Egress>,
}

/// With which models.
#[derive(Debug, Default, clap::Args)]
#[command(
    next_help_heading = "Models (comma lists run each case with each; of several stacks one for all, or one for each)"
)]
pub struct Models {
    /// Model ids for cases that generate text.
    #[arg(long, value_name = "ID,…")]
    pub text_model: Vec<String>,
    /// Model ids for cases that look at pictures.
    #[arg(long, value_name = "ID,…")]
    pub vision_model: Vec<String>,
    /// Model ids for cases that embed text.
    #[arg(long, value_name = "ID,…")]
    pub embedding_model: Vec<String>,
    /// Model ids for cases that rank texts.
    #[arg(long, value_name = "ID,…")]
    pub rerank_model: Vec<String>,
    /// Shield ids for cases about safety.
    #[arg(long, value_name = "ID,…")]
    pub safety_shield: Vec<String>,
    /// Model ids that judge answers.
    #[arg(long, value_name = "ID,…")]
    pub judge_model: Vec<String>,
    /// Lengths of embedding vectors.
    #[arg(long, value_name = "N,…")]
    pub embedding_dimension: Vec<String>,
}

/// How.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Execution")]
pub struct Execution {
    /// How many cases may be in flight. [default: 64, with an installed Llama Stack or OGX 4 for each processor; 8 when recording]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,
    /// The longest a case may take that sets no time of its own. [default: 60s]
    #[arg(long, value_name = "TIME")]
    pub case_timeout: Option<String>,
    /// The longest the whole run may take. [default: none]
    #[arg(long, value_name = "TIME")]
    pub run_timeout: Option<String>,
    /// Stop after the first failure.
    #[arg(short = 'x', conflicts_with = "maxfail")]
    pub exit_first: bool,
    /// Stop after so many failures.
    #[arg(long, value_name = "N")]
    pub maxfail: Option<usize>,
    /// Write snapshots that are new or differ.
    #[arg(long)]
    pub update_snapshots: bool,
}

/// What is shown and written.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Write a report: `junit=target/junit.xml`; repeatable; see `stack-test help reports`.
    #[arg(long, value_name = "NAME[=PATH]")]
    pub report: Vec<String>,
    /// How many of the slowest cases to show.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub durations: usize,
    /// Show failures and the summary only.
    #[arg(short, long)]
    pub quiet: bool,
    /// Show more: why cases were skipped, what decided which case a provider call belongs to.
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
}
