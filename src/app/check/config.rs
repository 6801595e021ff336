//! `check config`: whether run configs that were written for an earlier version still load and serve.

use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::run::Common;
use crate::cli::CheckConfigArgs;

/// TODO
pub(super) async fn config(_args: CheckConfigArgs, _common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    Ok(ExitStatus::Passed)
}
