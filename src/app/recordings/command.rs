//! From what was typed to the verb.

use super::{diff, export, import, list, prune, rekey, show, stats, verify};
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::run::command::Common;
use crate::cli::RecordingsCommand;

/// Carries a command out.
///
/// # Errors
/// What the verb says.
pub(in crate::app) fn carry_out(
    command: &RecordingsCommand,
    common: &Common<'_>,
) -> Result<ExitStatus, CommandError> {
    match command {
        RecordingsCommand::List(args) => list::list(args, common),
        RecordingsCommand::Show(args) => show::show(args, common),
        RecordingsCommand::Diff(args) => diff::diff(args, common),
        RecordingsCommand::Verify(args) => verify::verify(args, common),
        RecordingsCommand::Prune(args) => prune::prune(args, common),
        RecordingsCommand::Rekey(args) => rekey::rekey(args, common),
        RecordingsCommand::Stats(args) => stats::stats(args, common),
        RecordingsCommand::Import(args) => import::import(args, common),
        RecordingsCommand::Export(args) => export::export(args, common),
    }
}
