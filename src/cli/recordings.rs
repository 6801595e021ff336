//! `stack-test recordings`.

use std::path::PathBuf;

/// `stack-test recordings …`.
#[derive(Debug, clap::Subcommand)]
pub enum RecordingsCommand {
    /// List the sets: calls, providers, models, size, tokens.
    List(ListArgs),
    /// Show what was asked and answered, call by call.
    Show(ShowArgs),
    /// Show what changed since a git revision, by case, call and JSON pointer; exits with 1 if anything did.
    Diff(DiffArgs),
    /// Find what is wrong with recordings, and say what to do; exits with 1 if anything is.
    Verify(VerifyArgs),
    /// Remove what nothing needs any more: sets of cases that are gone, unused bodies, left-over temporary files.
    Prune(PruneArgs),
    /// Show what the rules under `match:` do to what is recorded, or what a change of them does, and remove calls outside
    /// cases that became duplicates.
    Rekey(RekeyArgs),
    /// Count calls and tokens by provider and model, which is what recording again would cost.
    Stats(ListArgs),
    /// Take over recordings made by another tool.
    Import(ImportArgs),
    /// Write recordings for another tool.
    Export(ExportArgs),
}

/// Which recordings.
#[derive(Debug, Default, clap::Args)]
pub struct Chosen {
    /// Suites, folders or cases: `inference/chat`, `inference/`, `inference/chat::streaming`; `_session` for the calls
    /// outside cases. [default: all]
    #[arg(value_name = "SUITE")]
    pub names: Vec<String>,
    /// Cases whose id matches: substrings with `and`, `or`, `not` and parentheses.
    #[arg(short = 'k', long = "pattern", value_name = "EXPRESSION")]
    pub pattern: Option<String>,
    /// Recordings of this setup only.
    #[arg(long, value_name = "NAME")]
    pub setup: Option<String>,
    /// The folder that holds the recordings. [default: recordings]
    #[arg(long, value_name = "DIR")]
    pub recordings: Option<PathBuf>,
}

/// `stack-test recordings list`, `… stats`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub chosen: Chosen,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `stack-test recordings show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub chosen: Chosen,
    /// Print JSON.
    #[arg(long, conflicts_with = "raw")]
    pub json: bool,
    /// Print the files as they are.
    #[arg(long)]
    pub raw: bool,
}

/// `stack-test recordings diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The git revision to compare with: `HEAD`, `main`, `v1.2~3`.
    #[arg(value_name = "GIT-REV")]
    pub revision: String,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub chosen: Chosen,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `stack-test recordings verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub chosen: Chosen,
    /// The folder that holds the suites. [default: suites]
    #[arg(long, value_name = "DIR")]
    pub suites_dir: Option<PathBuf>,
    /// The JSON report of a full run (`--report json=FILE`): answers that it did not use are problems, too.
    #[arg(long, value_name = "FILE")]
    pub from_report: Option<PathBuf>,
}

/// `stack-test recordings prune`.
#[derive(Debug, clap::Args)]
pub struct PruneArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub chosen: Chosen,
    /// The folder that holds the suites. [default: suites]
    #[arg(long, value_name = "DIR")]
    pub suites_dir: Option<PathBuf>,
    /// Remove the sets of suites that are not there, too. Those that the gateway recorded alone belong to none.
    #[arg(long)]
    pub gone_suites: bool,
    /// Remove without asking.
    #[arg(long)]
    pub yes: bool,
}

/// `stack-test recordings rekey`.
#[derive(Debug, clap::Args)]
pub struct RekeyArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub chosen: Chosen,
    /// Compare with the rules of this git revision: `HEAD`, `main`. [default: with no rules at all]
    #[arg(long, value_name = "GIT-REV")]
    pub since: Option<String>,
    /// The folder that holds the suites. [default: suites]
    #[arg(long, value_name = "DIR")]
    pub suites_dir: Option<PathBuf>,
    /// Remove duplicates without asking for it first.
    #[arg(long)]
    pub yes: bool,
}

/// `stack-test recordings import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The file, or the folder that holds them; it is searched with the folders below it.
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// The tool that made them; see `stack-test help importers`.
    #[arg(long, value_name = "TOOL")]
    pub from: String,
    /// File them under this setup, whatever they say themselves.
    #[arg(long, value_name = "NAME")]
    pub setup: Option<String>,
    /// Where to write the sets.
    #[arg(long, value_name = "DIR", default_value = "recordings")]
    pub recordings: PathBuf,
}

/// `stack-test recordings export`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would show it as the text of the group")]
    pub chosen: Chosen,
    /// The tool that is to read them; see `stack-test help exporters`.
    #[arg(long, value_name = "TOOL")]
    pub to: String,
    /// The file or folder to write. [default: standard output, for a tool that has one file]
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
}
