//! `stack-test run` and `stack-test record`: from what was typed to a plan, and from a finished run to an exit code.

use super::external;
use super::outputs::{OutputSettings, Outputs, colored};
use super::prepare::{Prepared, prepare};
use super::session::Session;
use super::signals::Listener;
use crate::app::ExitStatus;
use crate::app::check::Watch;
use crate::app::error::CommandError;
use crate::app::files::find_project;
use crate::app::inputs::Inputs;
use crate::app::project::load::Project;
use crate::app::providers;
use crate::app::settings::settle::{self, RunRequest};
use crate::cli;
use crate::model::Secret;
use crate::plan::Plan;
use crate::report::{Tally, Verdict, setup_failure};
use crate::source::Diagnostic;
use crate::text::{Redactor, plural};
use std::io::Write;
use std::sync::Arc;

/// What every command gets.
pub(in crate::app) struct Common<'a> {
    pub(in crate::app) color: cli::Color,
    /// The file named by `--config`.
    pub(in crate::app) project: Option<&'a str>,
    pub(in crate::app) inputs: &'a Inputs,
}

impl Common<'_> {
    /// The shipped settings with those of the project on top.
    ///
    /// # Errors
    /// Everything wrong with the project's settings.
    pub(in crate::app) fn load_project(&self) -> Result<Project, CommandError> {
        let (project, mistakes) = self.read_project()?;
        if mistakes.is_empty() { Ok(project) } else { Err(CommandError::usage(mistakes)) }
    }

    /// What of the settings can be read, and what is wrong with the rest.
    ///
    /// # Errors
    /// There is no such file.
    fn read_project(&self) -> Result<(Project, Vec<Diagnostic>), CommandError> {
        let file =
            find_project(&self.inputs.cwd, self.project).map_err(|error| CommandError::usage(vec![error]))?;
        let (file, root) = file.map_or((None, None), |(file, root)| (Some(file), Some(root)));
        let (project, mistakes) = Project::read(file.as_ref());
        Ok((Project { root, named: self.project.map(str::to_owned), ..project }, mistakes))
    }
}

/// Everything that a command which needs a stack is made from.
pub(in crate::app) struct Made {
    /// For each stack; at least one.
    pub(in crate::app) prepared: Result<Vec<Prepared>, Vec<Diagnostic>>,
    /// Whether the user asked for the end meanwhile.
    pub(in crate::app) interrupted: bool,
    pub(in crate::app) outputs: OutputSettings,
    /// Values that are to be hidden.
    pub(in crate::app) secrets: Vec<(String, Secret)>,
    /// Texts that only look like some.
    pub(in crate::app) allow_secrets: Vec<String>,
}

/// Runs, and says how it ended. What goes wrong before the reports are open is an error; after that, it is in the reports.
///
/// # Errors
/// A `--report` is wrong, or there are no such settings.
pub(in crate::app) async fn run(
    common: &Common<'_>,
    request: RunRequest,
) -> Result<ExitStatus, CommandError> {
    let made = make(common, request, prepare).await?;
    if let Ok([Prepared { settings, plan, workshop, .. }, ..]) = made.prepared.as_deref()
        && settings.collect_only
    {
        external::tidy(workshop, common.inputs);
        return Ok(list(plan));
    }
    let unprepared = made.unprepared();
    let ended = run_made(common, made, None).await?;
    Ok(ended.map_or(unprepared, |(tally, errors)| conclude(&tally, &errors)))
}

impl Made {
    /// What a command exits with whose run could not be prepared.
    pub(in crate::app) fn unprepared(&self) -> ExitStatus {
        if self.interrupted { ExitStatus::Interrupted } else { ExitStatus::Usage }
    }
}

/// Runs what was made, with somebody looking on. `None` if it could not begin as something is wrong with it, which is shown.
///
/// # Errors
/// A report cannot be written.
pub(in crate::app) async fn run_made(
    common: &Common<'_>,
    made: Made,
    watch: Option<Arc<Watch>>,
) -> Result<Option<(Tally, Vec<Diagnostic>)>, CommandError> {
    let outputs = Outputs::open(&made.outputs, common.inputs).map_err(CommandError::usage)?;
    match made.prepared {
        Ok(prepared) => {
            let session = Session::new(common.inputs, prepared, (made.secrets, made.allow_secrets), watch);
            Ok(Some(session.run(outputs).await))
        }
        Err(diagnostics) => {
            let errors = outputs.only(&setup_failure(diagnostics));
            complain(&errors);
            Ok(None)
        }
    }
}

/// Makes of a request what can be made without starting anything; `prepare` is what settles it.
///
/// # Errors
/// A `--report` is wrong, or there are no such settings.
pub(in crate::app) async fn make(
    common: &Common<'_>,
    request: RunRequest,
    prepare: impl AsyncFnOnce(RunRequest, &Inputs, &Project, Redactor) -> Result<Vec<Prepared>, Vec<Diagnostic>>,
) -> Result<Made, CommandError> {
    let inputs = common.inputs;
    let (project, mistakes) = common.read_project()?;
    let mut outputs = OutputSettings {
        color: colored(common.color, inputs, inputs.stdout_tty),
        verbosity: settle::verbosity(&request),
        durations: settle::durations(&request),
        reports: settle::reports(&request, &project).map_err(CommandError::usage)?,
        aside: false,
        redactor: Redactor::default(),
    };
    let mut secrets =
        providers::secrets(&project, inputs, &settle::typed_env(&request), settle::typed_secrets(&request));
    let typed = settle::typed_secrets(&request);
    let mut unset = providers::unset(typed, inputs);
    let short = providers::too_short(&project, typed, inputs);
    let known = |secrets: &[(String, crate::model::Secret)]| {
        Redactor::new(secrets.iter().map(|(_, secret)| secret.expose()))
            .allowing(project.allow_secrets.iter().cloned())
    };
    // Listing the tests of other runners may take a while.
    let mut signals = Listener::new();
    let mut interrupted = false;
    let mut prepared = tokio::select! {
        // Wrong settings are told in the reports, which CI shows; nothing else is worth a look then.
        biased;
        () = std::future::ready(()), if !mistakes.is_empty() => Err(mistakes),
        prepared = prepare(request, inputs, &project, known(&secrets)) => prepared,
        name = signals.next() => {
            interrupted = true;
            Err(vec![Diagnostic::new(format!("interrupted by {name} before anything was started"))])
        }
    };
    if !unset.is_empty() {
        unset.extend(prepared.err().unwrap_or_default());
        prepared = Err(unset);
    }
    if let Ok(prepared) = &mut prepared {
        for stack in &mut *prepared {
            secrets.extend(providers::written_keys(&stack.settings.stack_config));
        }
        prepared[0].notices.extend(short);
    }
    outputs.redactor = known(&secrets);
    Ok(Made { prepared, interrupted, outputs, secrets, allow_secrets: project.allow_secrets })
}

pub(in crate::app) fn list(plan: &Plan) -> ExitStatus {
    let mut out = std::io::stdout().lock();
    for case in &plan.cases {
        let _ = writeln!(out, "{}", case.id);
    }
    let count = plural(plan.cases.len(), "case");
    let left_out =
        if plan.deselected > 0 { format!(", {} deselected", plan.deselected) } else { String::new() };
    let _ = writeln!(out, "\n{count} in {}{left_out}", plural(plan.suites.len(), "suite"));
    if plan.cases.is_empty() { ExitStatus::NothingSelected } else { ExitStatus::Passed }
}

pub(in crate::app) fn conclude(tally: &Tally, errors: &[Diagnostic]) -> ExitStatus {
    complain(errors);
    match tally.verdict() {
        Verdict::Passed if errors.is_empty() => ExitStatus::Passed,
        Verdict::Passed | Verdict::Broken => ExitStatus::Internal,
        Verdict::Failed => ExitStatus::Failed,
        Verdict::Interrupted => ExitStatus::Interrupted,
        Verdict::NotRun => ExitStatus::Usage,
        Verdict::NothingSelected => ExitStatus::NothingSelected,
    }
}

fn complain(errors: &[Diagnostic]) {
    for error in errors {
        let _ = writeln!(std::io::stderr(), "{}", error.render(false));
    }
}
