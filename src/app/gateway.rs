//! `stack-test gateway`: record and replay for somebody else's runner.

use super::ExitStatus;
use super::error::CommandError;
use super::gateway_providers::{self, Behind};
use super::inputs::Inputs;
use super::project::Project;
use super::providers;
use super::run::Common;
use super::serve::stdin_closed;
use super::settings::MODE_ENV;
use super::signals::Listener;
use crate::cli::GatewayArgs;
use crate::gateway::{self, Finished, GatewayConfig, Standalone};
use crate::model::{CaseId, InferenceMode, Secret, Traffic};
use crate::recording::NO_SETUP;
use crate::source::{Diagnostic, Kind, nearest};
use crate::stack::{RunningCommand, Signal};
use crate::text::{Redactor, plural, sanitize};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use tokio::net::TcpListener;

/// The port where nothing else is asked for and there is no command to be told.
const PORT: u16 = 8320;

/// Everything that is known before it listens.
struct Prepared {
    providers: Vec<Behind>,
    config: GatewayConfig,
    redactor: Redactor,
}

/// Serves until asked to stop, or as long as the command runs.
///
/// # Errors
/// Wrong arguments or settings, a port that cannot be had, a command that cannot be run.
pub(super) async fn gateway(args: &GatewayArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let inputs = common.inputs;
    let Prepared { providers, config, redactor } = prepare(args, common)?;
    let mode = config.mode;
    // Loopback only: whoever reaches the port spends the provider's tokens.
    let port = args.port.unwrap_or(if args.command.is_empty() { PORT } else { 0 });
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        let what = format!("port {port} on 127.0.0.1 cannot be had: {error}");
        CommandError::internal(Diagnostic::new(what).hint("choose another with --port, or 0 for a free one"))
    })?;
    let mut signals = Listener::new();
    let shown = format!("{} in {}", config.setup, config.root.display());
    let gateway = gateway::start(listener, config).await.map_err(|error| failed(&error))?;
    let env: Vec<(String, String)> =
        providers.iter().flat_map(|provider| provider.env(&gateway, mode)).collect();
    let told = Told { url: format!("http://{}", gateway.address()), mode, shown, env };
    let Some(code) = serve(args, inputs, &told, &mut signals).await? else {
        return Ok(ExitStatus::Interrupted);
    };
    let cases = gateway.close_all(code == 0 || args.keep_failed);
    let finished = tokio::select! {
        finished = gateway.finish() => finished,
        _ = signals.next() => return Ok(ExitStatus::Interrupted),
    };
    Ok(conclude(args, code, &cases, finished, &redactor))
}

/// Waits for the end: of the command, which gives the code, or a signal; `None` if the user asked twice.
async fn serve(
    args: &GatewayArgs,
    inputs: &Inputs,
    told: &Told,
    signals: &mut Listener,
) -> Result<Option<u8>, CommandError> {
    let [program, command_args @ ..] = args.command.as_slice() else {
        told.announce(args.json, &mut std::io::stdout());
        tokio::select! {
            _ = signals.next() => {}
            () = stdin_closed(), if args.until_stdin_closes => {}
        }
        return Ok(Some(0));
    };
    if args.json {
        told.announce(true, &mut std::io::stderr());
    }
    let on_terminal = inputs.stdout_tty || inputs.stderr_tty;
    let running = RunningCommand::spawn(program, command_args, &told.env, on_terminal)
        .map_err(|error| CommandError::usage(error.diagnostics()))?;
    Ok(command_ended(running, signals).await)
}

/// Says what came of the calls, and what the process exits with.
fn conclude(
    args: &GatewayArgs,
    code: u8,
    cases: &[(CaseId, Traffic)],
    finished: Finished,
    redactor: &Redactor,
) -> ExitStatus {
    let mut traffic = finished.session;
    cases.iter().for_each(|(_, of_case)| traffic.add(of_case));
    let (notices, errors): (Vec<_>, Vec<_>) = finished.errors.iter().partition(|error| error.is_notice());
    let mut lines = vec![summary(&traffic, cases.len())];
    let misses = traffic.misses.iter();
    lines.extend(misses.map(|miss| format!("miss: {miss} ({}): {}", miss.summary, miss.explanation)));
    lines.extend(notices.iter().map(|notice| format!("note: {notice}")));
    lines.extend(errors.iter().map(|error| format!("error: {error}")));
    for line in lines {
        let _ = writeln!(std::io::stderr(), "{}", redactor.redact(&sanitize(&line)));
    }
    match code {
        0 if !errors.is_empty() => ExitStatus::Internal,
        0 if !traffic.misses.is_empty() || (args.strict && traffic.unused > 0) => ExitStatus::Failed,
        code => ExitStatus::Command(code),
    }
}

/// The exit code of the command; `None` if the user asked twice for the end.
async fn command_ended(mut running: RunningCommand, signals: &mut Listener) -> Option<u8> {
    let mut asked = false;
    loop {
        let name = tokio::select! {
            code = running.wait() => return Some(code),
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

/// What whoever wants to use the gateway has to know.
struct Told {
    url: String,
    mode: InferenceMode,
    /// Which recordings.
    shown: String,
    env: Vec<(String, String)>,
}

impl Told {
    /// Says it: for a person, in lines that a shell understands, or for a program.
    fn announce(&self, json: bool, out: &mut dyn Write) {
        let version = env!("CARGO_PKG_VERSION");
        let Self { url, mode, shown, env } = self;
        let said = if json {
            let env: BTreeMap<&str, &str> =
                env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let pid = std::process::id();
            let mode = mode.name();
            json!({"url": url, "mode": mode, "env": env, "version": version, "pid": pid}).to_string() + "\n"
        } else {
            let lines: String = env.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
            format!("# gateway {version} on {url}: {mode}, {shown}\n{lines}")
        };
        // Nobody may listen; the gateway serves all the same.
        let _ = out.write_all(said.as_bytes());
        let _ = out.flush();
    }
}

fn summary(traffic: &Traffic, cases: usize) -> String {
    let mut parts = Vec::new();
    for (count, what) in
        [(traffic.replayed, "replayed"), (traffic.recorded, "recorded"), (traffic.live, "live")]
    {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    if !traffic.misses.is_empty() {
        let count = traffic.misses.len();
        parts.push(format!("{count} {}", if count == 1 { "miss" } else { "misses" }));
    }
    if traffic.unused > 0 {
        parts.push(format!("{} unused", plural(traffic.unused, "recording")));
    }
    let calls = if parts.is_empty() { "none".to_owned() } else { parts.join(", ") };
    format!("provider calls: {calls}; {}", plural(cases, "case"))
}

fn failed(error: &gateway::Error) -> CommandError {
    let diagnostic = Diagnostic::new(error.to_string());
    match error {
        gateway::Error::Provider { .. } => CommandError::usage(vec![diagnostic]),
        _ => CommandError::internal(diagnostic),
    }
}

fn prepare(args: &GatewayArgs, common: &Common<'_>) -> Result<Prepared, CommandError> {
    let inputs = common.inputs;
    let project = common.load_project()?;
    let mut errors = Vec::new();
    let mode = mode(args, inputs, &project).unwrap_or_else(|error| {
        errors.push(error);
        InferenceMode::default()
    });
    let setup = args.setup.as_deref().and_then(|name| project.setups.get(name));
    if let Some(name) = args.setup.as_deref().filter(|_| setup.is_none())
        && let Some(known) = nearest(name, project.setups.keys().map(String::as_str))
    {
        // Any name will do for a folder of recordings, but not one that is nearly another.
        errors.push(
            Diagnostic::new(format!("there is no setup `{name}`")).hint(format!("did you mean `{known}`?")),
        );
    }
    let case_header = args.case_header.as_deref().and_then(|name| {
        let header = name.parse();
        if header.is_err() {
            errors.push(
                Diagnostic::new(format!("`{name}` can be no name of a header")).hint("write `X-Test-Id`"),
            );
        }
        header.ok()
    });
    let mut secrets = providers::secrets(&project, inputs, &[], &[]);
    secrets.extend(typed_secrets(&args.secret, inputs));
    let behind = gateway_providers::read(&args.provider, &project, setup, inputs).unwrap_or_else(|wrong| {
        errors.extend(wrong);
        Vec::new()
    });
    if !errors.is_empty() {
        return Err(CommandError::usage(errors));
    }
    secrets.extend(behind.iter().filter_map(Behind::secret));
    let redactor = Redactor::new(secrets.iter().map(|(_, secret)| secret.expose()))
        .allowing(project.allow_secrets.iter().cloned());
    let root = inputs.cwd.join(recordings(args, &project));
    let config = GatewayConfig {
        providers: behind.iter().map(|one| one.upstream(mode)).collect(),
        secrets,
        allow_secrets: project.allow_secrets.clone(),
        replay_speed: args.replay_speed.unwrap_or_default(),
        strict: args.strict,
        egress: args.egress.unwrap_or_default(),
        standalone: Some(Standalone { case_header }),
        ..GatewayConfig::new(mode, args.setup.as_deref().unwrap_or(NO_SETUP), &root)
    };
    Ok(Prepared { providers: behind, config, redactor })
}

fn mode(args: &GatewayArgs, inputs: &Inputs, project: &Project) -> Result<InferenceMode, Diagnostic> {
    if let Some(mode) = args.mode {
        return Ok(mode);
    }
    let wrong = |error: crate::model::UnknownMode| error.to_string();
    if let Some((name, text)) = inputs.first_env(MODE_ENV) {
        return text.parse().map_err(|error| Diagnostic::new(format!("{name}: {}", wrong(error))));
    }
    match project.run.get("inference_mode") {
        Some(node) => match &node.kind {
            Kind::String(text) => text.parse().map_err(|error| node.diagnostic(wrong(error))),
            _ => Err(node.diagnostic("the name of an inference mode is wanted here")),
        },
        None => Ok(InferenceMode::default()),
    }
}

/// A flag is seen from the working directory; what the project says, and what is usual in one, from its folder.
fn recordings(args: &GatewayArgs, project: &Project) -> PathBuf {
    if let Some(typed) = &args.recordings {
        return typed.clone();
    }
    let said = match project.run.get("recordings").map(|node| &node.kind) {
        Some(Kind::String(text)) => text,
        _ => "recordings",
    };
    project.root.as_ref().map_or_else(|| PathBuf::from(said), |root| root.join(said))
}

/// The values of `--secret`, and the names they are masked with: the same as with `run`, or recordings would differ. A
/// variable that is not set hides nothing: a replay needs no keys.
fn typed_secrets<'a>(typed: &'a [String], inputs: &'a Inputs) -> impl Iterator<Item = (String, Secret)> + 'a {
    typed.iter().filter_map(|typed| match typed.strip_prefix("env:") {
        Some(name) => inputs.env(name).map(|value| (name.to_owned(), Secret::new(value))),
        None => Some(("secret".to_owned(), Secret::new(typed.as_str()))),
    })
}
