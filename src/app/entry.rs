//! From the process to a command and back.

use super::error::CommandError;
use super::inputs::Inputs;
use super::run::{command, limits, outputs};
use super::{ExitStatus, check, doctor, gateway, help, recordings, serve};
use crate::cli::{Cli, Command};
use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

/// Runs the command line and returns its exit code.
pub fn main() -> ExitCode {
    let inputs = match Inputs::read() {
        Ok(inputs) => inputs,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: the process's surroundings cannot be read: {error}");
            return ExitStatus::Internal.into();
        }
    };
    limits::raise();
    let cli = match Cli::try_parse_from(&inputs.args) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            let status = if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Passed };
            return status.into();
        }
    };
    let color = outputs::colored(cli.color, &inputs, inputs.stderr_tty);
    match carry_out(cli, &inputs) {
        Ok(status) => status.into(),
        Err(error) => {
            let drawn = error.diagnostics.iter().map(|diagnostic| diagnostic.render(color));
            let _ = writeln!(std::io::stderr(), "{}", drawn.collect::<Vec<_>>().join("\n\n"));
            error.status.into()
        }
    }
}

fn carry_out(cli: Cli, inputs: &Inputs) -> Result<ExitStatus, CommandError> {
    let common = command::Common { color: cli.color, project: cli.config.as_deref(), inputs };
    match cli.command {
        Command::Run(args) => block_on(command::run(&common, (*args).into())),
        Command::Record(args) => block_on(command::run(&common, (*args).into())),
        Command::Serve(args) => block_on(serve::serve(&args, inputs)),
        Command::Gateway(args) => block_on(gateway::gateway(&args, &common)),
        Command::Recordings(command) => recordings::carry_out(&command, &common),
        Command::Check(command) => block_on(check::carry_out(command, &common)),
        Command::Doctor => {
            let project = common.load_project()?;
            block_on(async { Ok(doctor::doctor(inputs, &project).await) })
        }
        Command::Help(args) => help::help(&args, &common),
    }
}

fn block_on(
    command: impl Future<Output = Result<ExitStatus, CommandError>>,
) -> Result<ExitStatus, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| anyhow::Error::new(error).context("the runtime does not start"))?;
    let status = runtime.block_on(command);
    // What a second Ctrl-C leaves behind, or a read from standard input, would be waited for; it ends with the process.
    runtime.shutdown_background();
    status
}
