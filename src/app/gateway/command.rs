//! The command from its arguments to its exit code.

use super::proof::prove;
use super::round::Behind;
use super::said::{conclusion, say};
use super::settings::{Prepared, prepare};
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::files::remove_folder;
use crate::app::run::aside;
use crate::app::run::command::Common;
use crate::app::run::run_folder;
use crate::app::run::signals::Listener;
use crate::cli::GatewayArgs;
use crate::gateway::GatewayConfig;

/// Serves until asked to stop, or as long as the command runs.
///
/// # Errors
/// Wrong arguments or settings, a port that cannot be had, a command that cannot be run.
pub(in crate::app) async fn gateway(
    args: &GatewayArgs,
    common: &Common<'_>,
) -> Result<ExitStatus, CommandError> {
    let Prepared { providers, config, redactor, notices } = prepare(args, common)?;
    let folder = run_folder::of_this_run(common.inputs);
    let notices: Vec<String> = notices.iter().map(|notice| format!("note: {notice}")).collect();
    say(&notices, &redactor);
    let behind = Behind { args, inputs: common.inputs, providers, folder, redactor };
    let mut signals = Listener::new();
    let ended = serve(&behind, config, &mut signals).await;
    // Certificates are of no use any more. What did not prove itself stays.
    if !aside::folder(&behind.folder).exists() {
        remove_folder(&behind.folder);
    }
    ended
}

async fn serve(
    behind: &Behind<'_>,
    config: GatewayConfig,
    signals: &mut Listener,
) -> Result<ExitStatus, CommandError> {
    let args = behind.args;
    let records = config.mode.records();
    // Only what can be run again can be shown to replay.
    let proves = records && !args.command.is_empty() && !args.no_proof;
    let first = GatewayConfig { aside: proves.then(|| aside::folder(&behind.folder)), ..config.clone() };
    let Some(round) = behind.serve(first, signals).await? else {
        return Ok(ExitStatus::Interrupted);
    };
    say(&conclusion(&round, args.strict), &behind.redactor);
    let mut is_proven = true;
    if proves {
        match prove(behind, &config, &round, signals).await? {
            Some(proven) => is_proven = proven,
            None => return Ok(ExitStatus::Interrupted),
        }
    }
    let broken = round.finished.errors.iter().any(|error| !error.is_notice());
    let traffic = round.traffic();
    Ok(match round.code {
        0 if broken => ExitStatus::Internal,
        0 if !is_proven || !traffic.misses.is_empty() => ExitStatus::Failed,
        0 if args.strict && traffic.unused > 0 => ExitStatus::Failed,
        code => ExitStatus::Command(code),
    })
}
