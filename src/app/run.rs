//! `stack-test run` and `stack-test record`: from what was typed to a plan, and from a finished run to an exit code.

use super::ExitStatus;
use super::error::CommandError;
use super::files::find_project;
use super::inputs::Inputs;
use super::outputs::{OutputSettings, Outputs, colored};
use super::project::{Project, Setup};
use super::providers::{self, Providers};
use super::session::{self, Session};
use super::settings::{self, RunRequest, Settings};
use super::suites::SuitesFolder;
use crate::cli;
use crate::plan::{self, Plan, Selection};
use crate::report::{Tally, Verdict, setup_failure};
use crate::source::{Diagnostic, Origin, SourceFile, Span, nearest};
use crate::stack;
use crate::stack_config::Target;
use crate::starter::ConfigError;
use crate::suite::ModelKind;
use crate::text::{Redactor, plural};
use std::io::Write;
use std::sync::Arc;

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
        Project::load(file.as_ref()).map_err(CommandError::usage)
    }
}

/// Runs, and says how it ended. What goes wrong before the reports are open is an error; after that, it is in the reports.
///
/// # Errors
/// The project's settings or a `--report` are wrong.
pub(super) async fn run(common: &Common<'_>, request: RunRequest) -> Result<ExitStatus, CommandError> {
    let inputs = common.inputs;
    let project = common.load_project()?;
    let output_settings = OutputSettings {
        color: colored(common.color, inputs, inputs.stdout_tty),
        verbosity: settings::verbosity(&request),
        durations: settings::durations(&request),
        reports: settings::reports(&request, &project).map_err(CommandError::usage)?,
        redactor: redactor(&project, inputs, &request),
    };
    let prepared = prepare(request, inputs, &project);
    if let Ok(Prepared { settings, plan, .. }) = &prepared
        && settings.collect_only
    {
        return Ok(list(plan));
    }
    let outputs = Outputs::open(&output_settings, inputs).map_err(CommandError::usage)?;
    match prepared {
        Ok(prepared) => {
            let session = Session::new(inputs, &project, prepared);
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

fn redactor(project: &Project, inputs: &Inputs, request: &RunRequest) -> Redactor {
    let secrets = providers::secrets(project, inputs, &settings::typed_env(request));
    Redactor::new(secrets.iter().map(|(_, secret)| secret.expose()))
}

/// Everything that is known before anything starts.
pub(super) struct Prepared {
    pub(super) settings: Settings,
    pub(super) setup: Option<String>,
    pub(super) providers: Providers,
    pub(super) plan: Arc<Plan>,
}

fn prepare(request: RunRequest, inputs: &Inputs, project: &Project) -> Result<Prepared, Vec<Diagnostic>> {
    let settings = settings::settle(request, inputs, project)?;
    let folder = SuitesFolder::open(&inputs.cwd, &settings.suites_dir).map_err(|error| vec![error])?;
    let resolved = plan::resolve(&folder, &settings.wanted)?;
    let setup_name = settings.setup.clone().or_else(|| resolved.setup.as_ref().map(|(name, _)| name.clone()));
    if settings.setup.is_none()
        && let Some(conflict) = resolved.setup_conflict.clone()
    {
        return Err(vec![conflict]);
    }
    let setup = match &setup_name {
        Some(name) => Some(find_setup(project, name, &resolved).map_err(|error| vec![error])?),
        None => None,
    };
    let mut models = settings.models.clone();
    for (name, ids) in setup.iter().flat_map(|setup| &setup.models) {
        if let Some(kind) = ModelKind::from_name(name) {
            models.set_default(kind, ids)?;
        }
    }
    let providers =
        Providers::settle(project, setup, (&settings.stack_config, &models, &settings.env), inputs)?;
    playable(&settings, &providers, inputs)?;
    let selection = Selection { filter: settings.filter.clone(), tags: settings.tags.clone(), models };
    let plan = Arc::new(plan::build(&folder, &resolved, &selection)?);
    Ok(Prepared { settings, setup: setup_name, providers, plan })
}

/// Finds out whether the embedded stack can play what is asked of it, while that is still a mistake of the user's and not a
/// stack that failed.
fn playable(settings: &Settings, providers: &Providers, inputs: &Inputs) -> Result<(), Vec<Diagnostic>> {
    let (Target::Builtin(config) | Target::Process { config, .. }) = settings.stack_config.target() else {
        return Ok(());
    };
    let error = match stack::embedded_config(&config, &|name| providers.lookup(inputs, name)) {
        // What only a later version can start is no mistake.
        Ok(_) | Err(stack::Error::NotEmbedded { .. }) => return Ok(()),
        Err(error) => error,
    };
    let (name, known) = match &error {
        stack::Error::Provider(ConfigError::UnknownProvider { name, known, .. }) => (name, known),
        stack::Error::Provider(ConfigError::UnknownApi { api, known }) => (api, known),
        _ => return Err(error.diagnostics()),
    };
    let file = SourceFile::new(settings.stack_config_from.as_str(), settings.stack_config.shown());
    let start = file.text().find(name.as_str()).unwrap_or_default();
    let end = (start + name.len()).min(file.text().len());
    let diagnostic = Diagnostic::at(Origin { file, span: Span { start, end } }, error.to_string());
    let bare = name.rsplit("::").next().unwrap_or(name);
    Err(vec![match nearest(bare, known.split(", ")) {
        Some(name) => diagnostic.hint(format!("did you mean `{name}`?")),
        None => diagnostic,
    }])
}

fn find_setup<'a>(
    project: &'a Project,
    name: &str,
    resolved: &plan::Resolved,
) -> Result<&'a Setup, Diagnostic> {
    if let Some(setup) = project.setups.get(name) {
        return Ok(setup);
    }
    let what = format!("there is no setup `{name}`");
    let error = match &resolved.setup {
        Some((setup, origin)) if setup == name => Diagnostic::at(origin.clone(), what),
        _ => Diagnostic::new(what),
    };
    let known = project.setups.keys().map(String::as_str);
    Err(match nearest(name, known) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None => error.hint("`stack-test help setups` lists them; stack-test.yaml adds to them"),
    })
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

/// The name of the folder of recordings where no setup is used.
pub(super) fn recordings_folder(setup: Option<&str>) -> String {
    setup.unwrap_or(session::NO_SETUP).to_owned()
}
