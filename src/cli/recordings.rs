//! `stack-test recordings`.

use std::path::PathBuf;

/// `stack-test recordings …`.
#[derive(Debug, clap::Subcommand)]
pub enum RecordingsCommand {
    /// Take over recordings made by another tool.
    Import(ImportArgs),
}

/// `stack-test recordings import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The folder that holds them; it is searched with the folders below it.
    pub dir: PathBuf,
    /// The tool that made them.
    #[arg(long, value_name = "TOOL")]
    pub from: String,
    /// Where to write the sets.
    #[arg(long, value_name = "DIR", default_value = "recordings")]
    pub recordings: PathBuf,
}
