//! One value of arguments, environment, project settings and shipped defaults. The first of these that says something wins.

use super::inputs::Inputs;
use super::otel::OtelChoice;
use super::project::Project;
use super::record_command::TypedFlags;
use super::recorder::Recorder;
use super::runtime::RuntimeChoice;
use crate::cli::{Common, Models, Output, RecordArgs, RunArgs, Selected};
use crate::model::{Egress, InferenceMode, ReplaySpeed};
use crate::plan::{Filter, ModelChoices, Wanted};
use crate::report::{ReportRequest, Verbosity};
use crate::source::{Diagnostic, Kind, Node, Origin, SourceFile, Span, nearest, parse_duration};
use crate::stack_config::StackConfig;
use crate::suite::ModelKind;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Environment variables that hold the default of `--stack-config`, the first that is set.
const STACK_CONFIG_ENV: &[&str] = &["STACK_TEST_CONFIG", "LLAMA_STACK_CONFIG", "OGX_CONFIG"];
/// Environment variables that hold the default of `--inference-mode`.
pub(super) const MODE_ENV: &[&str] =
    &["STACK_TEST_INFERENCE_MODE", "LLAMA_STACK_TEST_INFERENCE_MODE", "OGX_TEST_INFERENCE_MODE"];
/// The environment variable that holds the default of `--runtime`.
const RUNTIME_ENV: &[&str] = &["STACK_TEST_RUNTIME"];
/// The environment variable that holds the default of `--otel`.
const OTEL_ENV: &[&str] = &["STACK_TEST_OTEL"];
/// Environment variables that ask for a fresh server where one is running already.
const RESTART_ENV: &[&str] = &["LLAMA_STACK_TEST_FORCE_SERVER_RESTART", "OGX_TEST_FORCE_SERVER_RESTART"];
/// Cases in flight when nothing else is said. They wait for a server, not for a processor, so this does not follow the cores.
const JOBS: usize = 64;
/// Cases in flight while recording: a real provider answers, and has limits.
const RECORD_JOBS: usize = 8;

/// What was typed after `run` or `record`.
#[derive(Debug)]
pub(super) struct RunRequest {
    common: Common,
    /// Decided by the subcommand or its flag.
    mode: Option<InferenceMode>,
    replay_speed: ReplaySpeed,
    strict: bool,
    keep_failed: bool,
    max_tokens: Option<u64>,
}

impl From<RunArgs> for RunRequest {
    fn from(args: RunArgs) -> Self {
        Self {
            common: args.common,
            mode: args.inference_mode,
            replay_speed: args.replay_speed.unwrap_or_default(),
            strict: args.strict,
            keep_failed: false,
            max_tokens: None,
        }
    }
}

impl From<RecordArgs> for RunRequest {
    fn from(args: RecordArgs) -> Self {
        let mode = if args.if_missing { InferenceMode::RecordIfMissing } else { InferenceMode::Record };
        Self {
            common: args.common,
            mode: Some(mode),
            replay_speed: ReplaySpeed::Instant,
            strict: false,
            keep_failed: args.keep_failed,
            max_tokens: args.max_tokens,
        }
    }
}

/// What it comes down to.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) wanted: Wanted,
    pub(super) filter: Option<Filter>,
    pub(super) tags: Vec<String>,
    pub(super) collect_only: bool,
    pub(super) suites_dir: PathBuf,
    pub(super) stack_config: StackConfig,
    /// Where that was said: `--stack-config`, or the name of a variable.
    pub(super) stack_config_from: String,
    pub(super) runtime: RuntimeChoice,
    pub(super) recorder: Recorder,
    pub(super) otel: OtelChoice,
    pub(super) setup: Option<String>,
    pub(super) models: ModelChoices,
    pub(super) env: Vec<(String, String)>,
    pub(super) mode: InferenceMode,
    pub(super) replay_speed: ReplaySpeed,
    /// Unused recordings and guesses fail the run.
    pub(super) strict: bool,
    pub(super) egress: Egress,
    /// Whether a case that fails replaces its recordings, too.
    pub(super) keep_failed: bool,
    /// Where recording stops.
    pub(super) max_tokens: Option<u64>,
    pub(super) recordings: PathBuf,
    pub(super) ready_timeout: Duration,
    pub(super) force_restart: bool,
    pub(super) jobs: usize,
    /// Cases in flight where recordings answer, also while new ones are proven.
    pub(super) replay_jobs: usize,
    pub(super) case_timeout: Duration,
    pub(super) run_timeout: Option<Duration>,
    pub(super) max_failures: Option<usize>,
    pub(super) update_snapshots: bool,
    /// What a command that records the same must say, too.
    pub(super) typed: TypedFlags,
}

/// What concerns the output, which must be open before the rest can be complained about.
///
/// # Errors
/// Every `--report` that is none.
pub(super) fn reports(
    request: &RunRequest,
    project: &Project,
) -> Result<Vec<ReportRequest>, Vec<Diagnostic>> {
    let mut settling = Settling { errors: Vec::new() };
    let reports = settling.reports(&request.common.output, project);
    settling.end(reports)
}

/// How much is shown.
pub(super) fn verbosity(request: &RunRequest) -> Verbosity {
    match (request.common.output.quiet, request.common.output.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    }
}

/// How many of the slowest cases are shown.
pub(super) fn durations(request: &RunRequest) -> usize {
    request.common.output.durations
}

/// The variables of `--env`, those that are none left out: they are complained about later.
pub(super) fn typed_env(request: &RunRequest) -> Vec<(String, String)> {
    let pairs = request.common.target.env.iter().filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.to_owned())).collect()
}

/// The values of `--secret`; `env:NAME` names a variable that holds one.
pub(super) fn typed_secrets(request: &RunRequest) -> &[String] {
    &request.common.target.secret
}

/// Settles everything else.
///
/// # Errors
/// Everything wrong in arguments, environment and project settings, all at once.
pub(super) fn settle(
    request: RunRequest,
    inputs: &Inputs,
    project: &Project,
) -> Result<Settings, Vec<Diagnostic>> {
    let mut settling = Settling { errors: Vec::new() };
    let RunRequest { replay_speed, strict, keep_failed, max_tokens, .. } = request;
    let typed = TypedFlags::of(&request.common, project);
    let RunRequest { common: Common { selected, target, models, execution, .. }, mode, .. } = request;
    let run = |key: &str| project.run.get(key).and_then(Said::project);
    let said = |flag: &str, value: &Option<String>| value.as_ref().map(|value| Said::flag(flag, value));
    let env_said = |names: &[&str]| inputs.first_env(names).map(|(name, value)| Said::flag(name, value));
    let mode = settling.mode(mode, inputs, run("inference_mode"));
    let recording = matches!(mode, InferenceMode::Record | InferenceMode::RecordIfMissing);
    let path = |flag: Option<PathBuf>, key: &str, default: &str| {
        // A flag is seen from the working directory; what the project says, and what is usual in one, from its folder.
        let said = run(key).map_or_else(|| PathBuf::from(default), |said| PathBuf::from(said.text()));
        flag.unwrap_or_else(|| project.root.as_ref().map_or_else(|| said.clone(), |root| root.join(&said)))
    };
    let project_jobs = settling.parsed(run("jobs"), "a number of cases");
    let jobs = execution.jobs.or(project_jobs);
    if jobs == Some(0) {
        settling
            .errors
            .push(Diagnostic::new("no case can run with 0 jobs").hint("`-j 1` runs one case at a time"));
    }
    if execution.maxfail == Some(0) {
        settling
            .errors
            .push(Diagnostic::new("`--maxfail 0` would run nothing").hint("leave it out for no limit"));
    }
    let second = Duration::from_secs(1);
    let stack_config = said("--stack-config", &target.stack_config)
        .or_else(|| stack_config_env(inputs))
        .or_else(|| run("stack_config"));
    let stack_config = stack_config.unwrap_or_else(|| Said::flag("(default)", "starter"));
    let settings = Settings {
        wanted: wanted(&selected, run("suite")),
        filter: settling.filter(selected.pattern.as_deref()),
        tags: selected.tag,
        collect_only: selected.collect_only,
        suites_dir: path(selected.suites_dir, "suites_dir", "suites"),
        stack_config: settling.stack_config(&stack_config, project),
        stack_config_from: stack_config.0.file.name().to_owned(),
        runtime: settling.word(
            said("--runtime", &target.runtime).or_else(|| env_said(RUNTIME_ENV)).or_else(|| run("runtime")),
        ),
        otel: settling
            .word(said("--otel", &target.otel).or_else(|| env_said(OTEL_ENV)).or_else(|| run("otel"))),
        recorder: settling.word(said("--recorder", &target.recorder).or_else(|| run("recorder"))),
        setup: target.setup.clone().or_else(|| run("setup").map(|said| said.text().to_owned())),
        models: settling.models(&models),
        env: settling.env(&target.env),
        mode,
        replay_speed,
        strict,
        egress: target.egress.unwrap_or_default(),
        keep_failed,
        max_tokens,
        recordings: path(target.recordings.clone(), "recordings", "recordings"),
        ready_timeout: settling
            .duration(said("--ready-timeout", &target.ready_timeout).or(run("ready_timeout")))
            .unwrap_or(60 * second),
        force_restart: inputs
            .first_env(RESTART_ENV)
            .is_some_and(|(_, value)| value != "0" && value != "false"),
        jobs: jobs.unwrap_or(if recording { RECORD_JOBS } else { JOBS }),
        // Not what was typed: `-j 1` spares a provider, and its recordings must hold in a usual run.
        replay_jobs: project_jobs.unwrap_or(JOBS),
        case_timeout: settling
            .duration(said("--case-timeout", &execution.case_timeout).or(run("case_timeout")))
            .unwrap_or(60 * second),
        run_timeout: settling.duration(said("--run-timeout", &execution.run_timeout).or(run("run_timeout"))),
        max_failures: if execution.exit_first { Some(1) } else { execution.maxfail },
        update_snapshots: execution.update_snapshots,
        typed,
    };
    settling.end(settings)
}

fn stack_config_env(inputs: &Inputs) -> Option<Said> {
    inputs.first_env(STACK_CONFIG_ENV).map(|(name, value)| Said::flag(name, value))
}

fn wanted(selected: &Selected, default: Option<Said>) -> Wanted {
    let mut names: Vec<String> = selected.suites.iter().chain(&selected.suite).cloned().collect();
    if names.is_empty() {
        names.extend(default.map(|said| said.text().to_owned()));
    }
    Wanted { names, subdirs: selected.subdirs.clone() }
}

/// A value somebody wrote, and where.
struct Said(Origin, String);

impl Said {
    fn flag(flag: &str, value: &str) -> Self {
        let file = SourceFile::new(flag, value);
        Self(Origin { file, span: Span { start: 0, end: value.len() } }, value.to_owned())
    }

    fn project(node: &Node) -> Option<Self> {
        let text = match &node.kind {
            Kind::String(text) => text.clone(),
            Kind::Number(number) => number.to_string(),
            _ => return None,
        };
        Some(Self(node.origin.clone(), text))
    }

    fn text(&self) -> &str {
        &self.1
    }
}

/// Collects what is wrong.
struct Settling {
    errors: Vec<Diagnostic>,
}

impl Settling {
    fn end<T>(self, value: T) -> Result<T, Vec<Diagnostic>> {
        if self.errors.is_empty() { Ok(value) } else { Err(self.errors) }
    }

    fn stack_config(&mut self, said: &Said, project: &Project) -> StackConfig {
        if let Some(own) = project.distributions.stack_config(said.text()) {
            return own;
        }
        match StackConfig::parse(said.0.file.name(), said.text()) {
            Ok(config) => config,
            Err(mut errors) => {
                let name = said.text().trim_start_matches("server:").split(':').next().unwrap_or_default();
                if let (Some(near), [error]) = (nearest(name, project.distributions.names()), &mut errors[..])
                {
                    error.hint = Some(format!("did you mean `{near}` of stack-test.yaml?"));
                }
                self.errors.extend(errors);
                StackConfig::Url(String::new())
            }
        }
    }

    fn mode(
        &mut self,
        typed: Option<InferenceMode>,
        inputs: &Inputs,
        project: Option<Said>,
    ) -> InferenceMode {
        if let Some(mode) = typed {
            return mode;
        }
        let env = inputs.first_env(MODE_ENV).map(|(name, value)| Said::flag(name, value));
        let Some(said) = env.or(project) else { return InferenceMode::default() };
        InferenceMode::from_str(said.text()).unwrap_or_else(|error| {
            self.errors.push(Diagnostic::at(said.0, error.to_string()));
            InferenceMode::default()
        })
    }

    fn word<T: FromStr<Err: std::fmt::Display> + Default>(&mut self, said: Option<Said>) -> T {
        let Some(Said(origin, text)) = said else { return T::default() };
        T::from_str(&text).unwrap_or_else(|error| {
            self.errors.push(Diagnostic::at(origin, error.to_string()));
            T::default()
        })
    }

    fn duration(&mut self, said: Option<Said>) -> Option<Duration> {
        let Said(origin, text) = said?;
        match parse_duration(&text) {
            Ok(duration) if !duration.is_zero() => Some(duration),
            Ok(_) => {
                self.errors.push(Diagnostic::at(origin, "nothing gets done in no time"));
                None
            }
            Err(error) => {
                self.errors.push(Diagnostic::at(origin, error.to_string()));
                None
            }
        }
    }

    fn parsed<T: FromStr>(&mut self, said: Option<Said>, what: &str) -> Option<T> {
        let Said(origin, text) = said?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.errors.push(Diagnostic::at(origin, format!("{what} is wanted here")));
        }
        parsed
    }

    fn filter(&mut self, pattern: Option<&str>) -> Option<Filter> {
        Filter::parse(pattern?).map_err(|error| self.errors.push(error)).ok()
    }

    fn models(&mut self, models: &Models) -> ModelChoices {
        let mut choices = ModelChoices::default();
        let typed = [
            (ModelKind::Text, &models.text_model),
            (ModelKind::Vision, &models.vision_model),
            (ModelKind::Embedding, &models.embedding_model),
            (ModelKind::Rerank, &models.rerank_model),
            (ModelKind::Shield, &models.safety_shield),
            (ModelKind::Judge, &models.judge_model),
            (ModelKind::EmbeddingDimension, &models.embedding_dimension),
        ];
        for (kind, list) in typed {
            if let Some(Err(errors)) = list.as_ref().map(|list| choices.set(kind, list)) {
                self.errors.extend(errors);
            }
        }
        choices
    }

    fn env(&mut self, pairs: &[String]) -> Vec<(String, String)> {
        let mut env = Vec::new();
        for pair in pairs {
            match pair.split_once('=') {
                Some((name, value)) if !name.trim().is_empty() => {
                    env.push((name.trim().to_owned(), value.to_owned()))
                }
                // The value may be a key: what is wrong is told without it.
                Some(_) => self.errors.push(Diagnostic::new("`--env` needs a name before the `=`")),
                None => {
                    let what = format!("`--env {pair}` sets nothing");
                    self.errors.push(Diagnostic::new(what).hint("write `--env NAME=VALUE`"));
                }
            }
        }
        env
    }

    fn reports(&mut self, output: &Output, project: &Project) -> Vec<ReportRequest> {
        let mut reports = Vec::new();
        let configured = project.run.get("report").map(|node| match &node.kind {
            Kind::List(items) => items.iter().filter_map(Said::project).collect(),
            _ => Said::project(node).into_iter().collect::<Vec<_>>(),
        });
        let typed: Vec<Said> = output.report.iter().map(|text| Said::flag("--report", text)).collect();
        let said = if typed.is_empty() { configured.unwrap_or_default() } else { typed };
        for Said(origin, text) in said {
            match ReportRequest::parse(&text) {
                Ok(report) => reports.push(report),
                Err(error) => self.errors.push(Diagnostic::at(origin, error.to_string())),
            }
        }
        reports
    }
}
