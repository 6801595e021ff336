//! The command itself.

use super::{CheckCommand, GatewayArgs, RecordArgs, RecordingsCommand, RunArgs, ServeArgs};
use clap::{Parser, Subcommand, ValueEnum};

/// End-to-end tests for OpenAI-compatible AI stacks: real provider answers, recorded once, replayed for ever.
#[derive(Debug, Parser)]
#[command(name = "stack-test", version, disable_help_subcommand = true, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Colour the output.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// The project's settings, instead of stack-test.yaml here or in a folder above.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<String>,
}

/// When to colour the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run suites against a stack, its model providers replayed from recordings.
    Run(Box<RunArgs>),
    /// Run suites against a stack and record what its model providers answer.
    Record(Box<RecordArgs>),
    /// Serve the embedded stack.
    Serve(ServeArgs),
    /// Record and replay for another runner: the gateway alone, for any program that calls model providers.
    Gateway(Box<GatewayArgs>),
    /// Look after recordings.
    #[command(subcommand)]
    Recordings(RecordingsCommand),
    /// Hold a stack against what it promises: its routes, its OpenAPI document, run configs of earlier versions.
    #[command(subcommand)]
    Check(CheckCommand),
    /// Say what of all that a run may use is installed: stacks, OpenTelemetry's instrumentation, containers, git.
    Doctor,
    /// Explain a topic: checks, names, reports, stack-configs, containers, setups, providers, adapters, ….
    Help(HelpArgs),
}

/// `stack-test help`.
#[derive(Debug, clap::Args)]
pub struct HelpArgs {
    /// The topic; without one, the commands and topics are listed.
    pub topic: Option<String>,
}
