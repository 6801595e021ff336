//! One time of serving: until asked to stop, or as long as the command runs.

use super::providers;
use super::said::Told;
use crate::app::error::CommandError;
use crate::app::inputs::Inputs;
use crate::app::proxy;
use crate::app::run::signals::Listener;
use crate::app::serve::stdin_closed;
use crate::cli::GatewayArgs;
use crate::gateway::{self, Finished, Gateway, GatewayConfig, UnusedCall};
use crate::model::{CaseId, InferenceMode, Traffic};
use crate::process::{RunningCommand, Signal};
use crate::source::Diagnostic;
use crate::text::Redactor;
use std::path::PathBuf;
use tokio::net::TcpListener;

/// The port where nothing else is asked for and there is no command to be told.
const PORT: u16 = 8320;

/// What stays the same from one time to the next.
pub(super) struct Behind<'a> {
    pub(super) args: &'a GatewayArgs,
    pub(super) inputs: &'a Inputs,
    pub(super) providers: Vec<providers::Behind>,
    /// For files of this process alone.
    pub(super) folder: PathBuf,
    pub(super) redactor: Redactor,
}

/// What came of it.
pub(super) struct Round {
    /// The command's exit code; 0 where there is none.
    pub(super) code: u8,
    /// Whether the user asked for the end.
    pub(super) asked_to_end: bool,
    /// The calls of each case, by name.
    pub(super) cases: Vec<(CaseId, Traffic)>,
    /// What is recorded and was not asked for.
    pub(super) unused: Vec<(CaseId, Vec<UnusedCall>)>,
    pub(super) finished: Finished,
}

impl Round {
    /// All calls.
    pub(super) fn traffic(&self) -> Traffic {
        let mut traffic = self.finished.session.clone();
        self.cases.iter().for_each(|(_, of_case)| traffic.add(of_case));
        traffic
    }
}

/// How the waiting ended.
struct Over {
    code: u8,
    asked: bool,
}

impl Behind<'_> {
    /// Serves once; `None` if the user asked twice for the end.
    ///
    /// # Errors
    /// A port that cannot be had, recordings that cannot be used, a command that cannot be run.
    pub(super) async fn serve(
        &self,
        config: GatewayConfig,
        signals: &mut Listener,
    ) -> Result<Option<Round>, CommandError> {
        let mode = config.mode;
        // Loopback only: whoever reaches the port spends the provider's tokens.
        let port = self.args.port.unwrap_or(if self.args.command.is_empty() { PORT } else { 0 });
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
            let what = format!("port {port} on 127.0.0.1 cannot be had: {error}");
            CommandError::internal(
                Diagnostic::new(what).hint("choose another with --port, or 0 for a free one"),
            )
        })?;
        let shown = format!("{} in {}", config.setup, config.root.display());
        let gateway = gateway::start(listener, config).await.map_err(|error| failed(&error))?;
        proxy::write_roots(&gateway, &self.folder, self.inputs).map_err(CommandError::internal)?;
        let url = format!("http://{}", gateway.address());
        let told = Told { url, mode, shown, env: self.env(&gateway, mode) };
        let Some(Over { code, asked }) = self.wait(&told, signals).await? else { return Ok(None) };
        let cases = gateway.close_all(code == 0 || self.args.keep_failed);
        let unused = gateway.unused();
        let finished = tokio::select! {
            finished = gateway.finish() => finished,
            _ = signals.next() => return Ok(None),
        };
        Ok(Some(Round { code, asked_to_end: asked, cases, unused, finished }))
    }

    /// The variables that lead to the gateway.
    fn env(&self, gateway: &Gateway, mode: InferenceMode) -> Vec<(String, String)> {
        let mut env: Vec<(String, String)> =
            self.providers.iter().flat_map(|provider| provider.env(gateway, mode)).collect();
        env.extend(proxy::env(gateway, &self.folder, self.inputs));
        env
    }

    /// Waits for the end: of the command, which gives the code, or a signal; `None` if the user asked twice.
    async fn wait(&self, told: &Told, signals: &mut Listener) -> Result<Option<Over>, CommandError> {
        let [program, command_args @ ..] = self.args.command.as_slice() else {
            told.announce(self.args.json, &mut std::io::stdout());
            tokio::select! {
                _ = signals.next() => {}
                () = stdin_closed(), if self.args.until_stdin_closes => {}
            }
            return Ok(Some(Over { code: 0, asked: true }));
        };
        if self.args.json {
            told.announce(true, &mut std::io::stderr());
        }
        let on_terminal = self.inputs.stdout_tty || self.inputs.stderr_tty;
        let running = RunningCommand::spawn(program, command_args, &told.env, on_terminal)
            .map_err(|error| CommandError::usage(vec![Diagnostic::new(error.to_string())]))?;
        Ok(command_ended(running, signals).await)
    }
}

/// How the command ended; `None` if the user asked twice for the end.
async fn command_ended(mut running: RunningCommand, signals: &mut Listener) -> Option<Over> {
    let mut asked = false;
    loop {
        let name = tokio::select! {
            code = running.wait() => return Some(Over { code, asked }),
            name = signals.next() => name,
        };
        if asked {
            running.kill();
            running.wait().await;
            return None;
        }
        asked = true;
        running.pass_on(match name {
            "SIGTERM" => Signal::Terminate,
            "SIGHUP" => Signal::HangUp,
            _ => Signal::Interrupt,
        });
    }
}

fn failed(error: &gateway::Error) -> CommandError {
    let diagnostic = Diagnostic::new(error.to_string());
    match error {
        gateway::Error::Provider { .. } => CommandError::usage(vec![diagnostic]),
        _ => CommandError::internal(diagnostic),
    }
}
