//! From what was typed to what a gateway is started with.

use super::providers::{self as behind, Behind};
use crate::app::error::CommandError;
use crate::app::inputs::Inputs;
use crate::app::project::load::Project;
use crate::app::run::command::Common;
use crate::app::run::rules::rule_book;
use crate::app::settings::settle::MODE_ENV;
use crate::app::{providers, proxy};
use crate::cli::GatewayArgs;
use crate::gateway::{GatewayConfig, Standalone};
use crate::model::InferenceMode;
use crate::plan::Plan;
use crate::recording::NO_SETUP;
use crate::source::{Diagnostic, Kind, nearest};
use crate::text::{Redactor, shell_word};
use std::path::PathBuf;
use std::sync::Arc;

/// Everything that is known before it listens.
pub(super) struct Prepared {
    pub(super) providers: Vec<Behind>,
    pub(super) config: GatewayConfig,
    pub(super) redactor: Redactor,
    /// What the user should know.
    pub(super) notices: Vec<String>,
}

/// Reads the project's settings and what was typed.
///
/// # Errors
/// Everything wrong with them.
pub(super) fn prepare(args: &GatewayArgs, common: &Common<'_>) -> Result<Prepared, CommandError> {
    let inputs = common.inputs;
    let mut project = common.load_project()?;
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
    let mut secrets = providers::secrets(&project, inputs, &[], &args.secret);
    errors.extend(providers::unset(&args.secret, inputs));
    let providers = behind::read(&args.provider, &project, setup, inputs).unwrap_or_else(|wrong| {
        errors.extend(wrong);
        Vec::new()
    });
    for one in &providers {
        let name = &one.upstream.name;
        project.providers.entry(name.clone()).or_insert_with(|| behind::unknown(name));
    }
    // Whose suites these are is not known: what a suite declares for itself is in force where it is run.
    let (rules, mut notices) = rule_book(&project, &Plan::default()).unwrap_or_else(|wrong| {
        errors.extend(wrong);
        Default::default()
    });
    if !errors.is_empty() {
        return Err(CommandError::usage(errors));
    }
    notices.extend(providers::too_short(&project, &args.secret, inputs));
    secrets.extend(providers.iter().filter_map(Behind::secret));
    let redactor = Redactor::new(secrets.iter().map(|(_, secret)| secret.expose()))
        .allowing(project.allow_secrets.iter().cloned());
    let root = inputs.cwd.join(recordings(args, &project));
    let egress = args.egress.unwrap_or_default();
    // A proxy is not everybody's: it is there where a provider needs it, or where somebody wants to know what goes out.
    let needs_proxy = args.egress.is_some() || providers.iter().any(|one| !one.upstream.hosts.is_empty());
    let config = GatewayConfig {
        providers: providers.iter().map(|one| one.upstream(mode)).collect(),
        secrets,
        allow_secrets: project.allow_secrets.clone(),
        replay_speed: args.replay_speed.unwrap_or_default(),
        strict: args.strict,
        keep_unreached: args.keep_failed,
        rules: Arc::new(rules),
        egress,
        proxy: proxy::settings(needs_proxy, inputs),
        record_command: Some(record_command(args, common.project)),
        standalone: Some(Standalone { case_header }),
        ..GatewayConfig::new(mode, args.setup.as_deref().unwrap_or(NO_SETUP), &root)
    };
    Ok(Prepared { providers, config, redactor, notices })
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

/// The command that records what this one replays.
fn record_command(args: &GatewayArgs, config: Option<&str>) -> String {
    let mut words = vec!["stack-test gateway --mode record".to_owned()];
    let mut flag = |name: &str, value: &str| words.push(format!("--{name} {}", shell_word(value)));
    config.into_iter().for_each(|file| flag("config", file));
    args.provider.iter().for_each(|provider| flag("provider", provider));
    args.setup.iter().for_each(|setup| flag("setup", setup));
    args.recordings.iter().for_each(|folder| flag("recordings", &folder.to_string_lossy()));
    args.case_header.iter().for_each(|header| flag("case-header", header));
    // A value is not repeated, the name of its variable may be.
    args.secret.iter().filter(|secret| secret.starts_with("env:")).for_each(|secret| flag("secret", secret));
    if !args.command.is_empty() {
        words.push("--".to_owned());
        words.extend(args.command.iter().map(|word| shell_word(&word.to_string_lossy())));
    }
    words.join(" ")
}
