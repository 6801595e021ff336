//! `stack-test run` and `stack-test record`: from what was typed to a plan, and from a finished run to an exit code.

use super::ExitStatus;
use super::error::CommandError;
use super::external;
use super::files::find_project;
use super::inputs::Inputs;
use super::outputs::{OutputSettings, Outputs, colored};
use super::prepare::{Prepared, prepare};
use super::project::Project;
use super::providers;
use super::session::Session;
use super::settings::{self, RunRequest};
use crate::cli;
use crate::plan::Plan;
use crate::report::{Tally, Verdict, setup_failure};
use crate::source::Diagnostic;
use crate::text::{Redactor, plural};
use std::io::Write;

/// What every command gets.
pub(super) struct Common<'a> {
    pub(super) color: cli::Color,
    /// The file named by `--config`.
    pub(super) project: Option<&'a str>,
    pub(super) inputs: &'a Inputs,
}

impl Common<'_> {
    /// The shipped settings with those of the project on top.
    ///
    /// # Errors
    /// Everything wrong with the project's settings.
    pub(super) fn load_project(&self) -> Result<Project, CommandError> {
        let file =
            find_project(&self.inputs.cwd, self.project).map_err(|error| CommandError::usage(vec![error]))?;
        let (file, root) = file.map_or((None, None), |(file, root)| (Some(file), Some(root)));
        let mut project = Project::load(file.as_ref()).map_err(CommandError::usage)?;
        project.root = root;
        project.named = self.project.map(str::to_owned);
        Ok(project)
    }
}

/// Runs, and says how it ended. What goes wrong before the reports are open is an error; after that, it is in the reports.
///
/// # Errors
/// The project's settings or a `--report` are wrong.
pub(super) async fn run(common: &Common<'_>, request: RunRequest) -> Result<ExitStatus, CommandError> {
    let inputs = common.inputs;
    let project = common.load_project()?;
    let mut output_settings = OutputSettings {
        color: colored(common.color, inputs, inputs.stdout_tty),
        verbosity: settings::verbosity(&request),
        durations: settings::durations(&request),
        reports: settings::reports(&request, &project).map_err(CommandError::usage)?,
        redactor: Redactor::default(),
    };
    let mut secrets = providers::secrets(
        &project,
        inputs,
        &settings::typed_env(&request),
        settings::typed_secrets(&request),
    );
    let typed = settings::typed_secrets(&request);
    let mut unset = providers::unset(typed, inputs);
    let short = providers::too_short(&project, typed, inputs);
    let known = |secrets: &[(String, crate::model::Secret)]| {
        Redactor::new(secrets.iter().map(|(_, secret)| secret.expose()))
            .allowing(project.allow_secrets.iter().cloned())
    };
    let mut prepared = prepare(request, inputs, &project, known(&secrets)).await;
    if !unset.is_empty() {
        unset.extend(prepared.err().unwrap_or_default());
        prepared = Err(unset);
    }
    if let Ok(prepared) = &mut prepared {
        prepared.notices.extend(short);
        secrets.extend(providers::written_keys(&prepared.settings.stack_config));
    }
    output_settings.redactor = known(&secrets);
    if let Ok(Prepared { settings, plan, workshop, .. }) = &prepared
        && settings.collect_only
    {
        external::tidy(workshop, inputs);
        return Ok(list(plan));
    }
    let outputs = Outputs::open(&output_settings, inputs).map_err(CommandError::usage)?;
    match prepared {
        Ok(prepared) => {
            let session = Session::new(inputs, prepared, (secrets, project.allow_secrets));
            let (tally, errors) = session.run(outputs).await;
            Ok(conclude(&tally, &errors))
        }
        Err(diagnostics) => {
            let errors = outputs.only(&setup_failure(diagnostics));
            complain(&errors);
            Ok(ExitStatus::Usage)
        }
    }
}

fn list(plan: &Plan) -> ExitStatus {
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

fn conclude(tally: &Tally, errors: &[Diagnostic]) -> ExitStatus {
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
