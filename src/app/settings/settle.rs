//! One value of arguments, environment, project settings and shipped defaults. The first of these that says something wins.

use super::jobs::Jobs;
use super::record_command::TypedFlags;
use super::recorder::Recorder;
use super::settling::{Said, Settling};
use super::stack_choices::StackChoice;
use crate::app::inputs::Inputs;
use crate::app::installed::otel::OtelChoice;
use crate::app::installed::runtime::RuntimeChoice;
use crate::app::project::load::Project;
use crate::cli::{Common, Models, Output, RecordArgs, RunArgs, Selected};
use crate::model::{Egress, InferenceMode, OnDifference, ReplaySpeed, Shard};
use crate::plan::{Filter, ModelChoices, Wanted};
use crate::report::{ReportRequest, Verbosity};
use crate::source::{Diagnostic, Kind};
use crate::stack_config::StackConfig;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Environment variables that hold the default of `--inference-mode`.
pub(in crate::app) const MODE_ENV: &[&str] =
    &["STACK_TEST_INFERENCE_MODE", "LLAMA_STACK_TEST_INFERENCE_MODE", "OGX_TEST_INFERENCE_MODE"];
/// The environment variable that holds the default of `--otel`.
const OTEL_ENV: &[&str] = &["STACK_TEST_OTEL"];
/// Environment variables that ask for a fresh server where one is running already.
const RESTART_ENV: &[&str] = &[
    "STACK_TEST_FORCE_SERVER_RESTART",
    "LLAMA_STACK_TEST_FORCE_SERVER_RESTART",
    "OGX_TEST_FORCE_SERVER_RESTART",
];

/// What was typed after `run` or `record`.
#[derive(Debug)]
pub(in crate::app) struct RunRequest {
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

/// What it comes down to, for one stack.
#[derive(Debug, Clone)]
pub(in crate::app) struct Settings {
    pub(in crate::app) wanted: Wanted,
    pub(in crate::app) filter: Option<Filter>,
    pub(in crate::app) tags: Vec<String>,
    pub(in crate::app) shard: Option<Shard>,
    pub(in crate::app) collect_only: bool,
    pub(in crate::app) suites_dir: PathBuf,
    /// The stack's name among several.
    pub(in crate::app) stack_name: String,
    pub(in crate::app) stack_config: StackConfig,
    /// Whether the cases run against other stacks, too, one of them being ours: a setup then holds for all.
    pub(in crate::app) shares_setup: bool,
    /// How many copies of the stack are started.
    pub(in crate::app) copies: usize,
    pub(in crate::app) on_difference: OnDifference,
    /// Where that was said: `--stack-config`, or the name of a variable.
    pub(in crate::app) stack_config_from: String,
    pub(in crate::app) runtime: RuntimeChoice,
    pub(in crate::app) recorder: Recorder,
    pub(in crate::app) otel: OtelChoice,
    pub(in crate::app) setup: Option<String>,
    pub(in crate::app) models: ModelChoices,
    pub(in crate::app) env: Vec<(String, String)>,
    pub(in crate::app) mode: InferenceMode,
    pub(in crate::app) replay_speed: ReplaySpeed,
    /// Unused recordings and guesses fail the run.
    pub(in crate::app) strict: bool,
    pub(in crate::app) egress: Egress,
    /// Whether a case that fails replaces its recordings, too.
    pub(in crate::app) keep_failed: bool,
    /// Where recording stops.
    pub(in crate::app) max_tokens: Option<u64>,
    pub(in crate::app) recordings: PathBuf,
    pub(in crate::app) ready_timeout: Duration,
    pub(in crate::app) force_restart: bool,
    pub(in crate::app) jobs: Jobs,
    pub(in crate::app) case_timeout: Duration,
    pub(in crate::app) run_timeout: Option<Duration>,
    pub(in crate::app) max_failures: Option<usize>,
    pub(in crate::app) update_snapshots: bool,
    /// What a command that records the same must say, too.
    pub(in crate::app) typed: TypedFlags,
}

/// What concerns the output, which must be open before the rest can be complained about.
///
/// # Errors
/// Every `--report` that is none.
pub(in crate::app) fn reports(
    request: &RunRequest,
    project: &Project,
) -> Result<Vec<ReportRequest>, Vec<Diagnostic>> {
    let mut settling = Settling { errors: Vec::new() };
    let reports = settling.reports(&request.common.output, project);
    settling.end(reports)
}

/// How much is shown.
pub(in crate::app) fn verbosity(request: &RunRequest) -> Verbosity {
    match (request.common.output.quiet, request.common.output.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    }
}

/// How many of the slowest cases are shown.
pub(in crate::app) fn durations(request: &RunRequest) -> usize {
    request.common.output.durations
}

/// The variables of `--env`, those that are none left out: they are complained about later.
pub(in crate::app) fn typed_env(request: &RunRequest) -> Vec<(String, String)> {
    let pairs = request.common.target.env.iter().filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.to_owned())).collect()
}

/// The values of `--secret`; `env:NAME` names a variable that holds one.
pub(in crate::app) fn typed_secrets(request: &RunRequest) -> &[String] {
    &request.common.target.secret
}

/// Settles everything else, for each stack.
///
/// # Errors
/// Everything wrong in arguments, environment and project settings, all at once.
pub(in crate::app) fn settle(
    request: RunRequest,
    inputs: &Inputs,
    project: &Project,
) -> Result<Vec<Settings>, Vec<Diagnostic>> {
    let mut settling = Settling { errors: Vec::new() };
    let stacks = settling.stacks(&request.common.target, inputs, project);
    let typed_of = |stack| TypedFlags::of(&request.common, project, stack);
    let typed: Vec<TypedFlags> = (0..stacks.len()).map(typed_of).collect();
    let RunRequest { replay_speed, strict, keep_failed, max_tokens, .. } = request;
    let RunRequest { common: Common { selected, target, models, execution, .. }, mode, .. } = request;
    let run = |key: &str| project.run.get(key).and_then(Said::project);
    let said = |flag: &str, value: &Option<String>| value.as_ref().map(|value| Said::flag(flag, value));
    let env_said = |names: &[&str]| inputs.first_env(names).map(|(name, value)| Said::flag(name, value));
    let mode = settling.mode(mode, inputs, run("inference_mode"));
    let recording = mode.records();
    let path = |flag: Option<PathBuf>, key: &str, default: &str| {
        // A flag is seen from the working directory; what the project says, and what is usual in one, from its folder.
        let said = run(key).map_or_else(|| PathBuf::from(default), |said| PathBuf::from(said.text()));
        flag.unwrap_or_else(|| project.root.as_ref().map_or_else(|| said.clone(), |root| root.join(&said)))
    };
    let of_project = settling.parsed(run("jobs"), "a number of cases");
    let jobs = Jobs { typed: execution.jobs, of_project, recording, is_python: false };
    if jobs.cases() == 0 {
        settling
            .errors
            .push(Diagnostic::new("no case can run with 0 jobs").hint("`-j 1` runs one case at a time"));
    }
    if execution.maxfail == Some(0) {
        settling
            .errors
            .push(Diagnostic::new("`--maxfail 0` would run nothing").hint("leave it out for no limit"));
    }
    let copies = target.stacks.or(settling.parsed(run("stacks"), "a number of copies")).unwrap_or(1);
    settling.check_stacks(&stacks, copies, recording, execution.update_snapshots);
    let second = Duration::from_secs(1);
    let first = stacks.first().expect("there is a default");
    let settings = Settings {
        wanted: wanted(&selected, run("suite")),
        filter: settling.filter(selected.pattern.as_deref()),
        tags: selected.tag,
        shard: selected.shard,
        collect_only: selected.collect_only,
        suites_dir: path(selected.suites_dir, "suites_dir", "suites"),
        stack_name: first.name.clone(),
        stack_config: first.config.clone(),
        shares_setup: stacks.len() > 1 && stacks.iter().any(StackChoice::is_ours),
        copies,
        on_difference: target.differences.unwrap_or_else(|| settling.word(run("differences"))),
        stack_config_from: first.from.clone(),
        runtime: first.runtime,
        otel: settling
            .word(said("--otel", &target.otel).or_else(|| env_said(OTEL_ENV)).or_else(|| run("otel"))),
        recorder: settling.word(said("--recorder", &target.recorder).or_else(|| run("recorder"))),
        setup: target.setup.clone().or_else(|| run("setup").map(|said| said.text().to_owned())),
        models: ModelChoices::default(),
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
        jobs,
        case_timeout: settling
            .duration(said("--case-timeout", &execution.case_timeout).or(run("case_timeout")))
            .unwrap_or(60 * second),
        run_timeout: settling.duration(said("--run-timeout", &execution.run_timeout).or(run("run_timeout"))),
        max_failures: if execution.exit_first { Some(1) } else { execution.maxfail },
        update_snapshots: execution.update_snapshots,
        typed: TypedFlags::default(),
    };
    let all = settling.for_each(&stacks, &models, settings, &typed);
    settling.end(all)
}

fn wanted(selected: &Selected, default: Option<Said>) -> Wanted {
    let mut names: Vec<String> = selected.suites.iter().chain(&selected.suite).cloned().collect();
    if names.is_empty() {
        names.extend(default.map(|said| said.text().to_owned()));
    }
    Wanted { names, subdirs: selected.subdirs.clone() }
}

impl Settling {
    /// The settings of each stack: `usual` with what is its own.
    fn for_each(
        &mut self,
        stacks: &[StackChoice],
        models: &Models,
        usual: Settings,
        typed: &[TypedFlags],
    ) -> Vec<Settings> {
        self.check_models(models, stacks.len());
        let settings = |(n, (stack, typed)): (usize, (&StackChoice, &TypedFlags))| Settings {
            models: self.models(models, n),
            stack_name: stack.name.clone(),
            stack_config: stack.config.clone(),
            stack_config_from: stack.from.clone(),
            runtime: stack.runtime,
            typed: typed.clone(),
            ..usual.clone()
        };
        stacks.iter().zip(typed).enumerate().map(settings).collect()
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
