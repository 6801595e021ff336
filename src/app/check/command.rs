//! From the command to the check.

use super::{config, openapi, routes};
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::run::command::Common;
use crate::cli::CheckCommand;

/// Carries a check out.
///
/// # Errors
/// Wrong arguments, settings or suites, a stack that does not start.
pub(in crate::app) async fn carry_out(
    command: CheckCommand,
    common: &Common<'_>,
) -> Result<ExitStatus, CommandError> {
    match command {
        CheckCommand::Routes(args) => routes::routes(*args, common).await,
        CheckCommand::Openapi(args) => openapi::openapi(*args, common).await,
        CheckCommand::Config(args) => config::config(*args, common).await,
    }
}
