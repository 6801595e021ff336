//! Everything that can be found out, and complained about, before anything starts.

use super::external;
use super::rules::rule_book;
use super::session::unrecordable;
use super::suites::SuitesFolder;
use crate::app::inputs::Inputs;
use crate::app::installed::runtime;
use crate::app::project::containers;
use crate::app::project::load::{Project, Setup};
use crate::app::providers::Providers;
use crate::app::settings::recorder::Recorder;
use crate::app::settings::settle::{self, RunRequest, Settings};
use crate::external::Workshop;
use crate::model::InferenceMode;
use crate::plan::{self, ModelChoices, Plan, Selection};
use crate::recording::RuleBook;
use crate::source::{Diagnostic, nearest};
use crate::stack::{self, Client, ContainerSpec, Runtime};
use crate::stack_config::{Config, Distro, Target};
use crate::starter::{self, ConfigError};
use crate::suite::ModelKind;
use crate::text::Redactor;
use std::sync::Arc;

/// Everything that is known before anything starts.
pub(in crate::app) struct Prepared {
    pub(in crate::app) settings: Settings,
    /// Who plays the stack's config.
    pub(in crate::app) runtime: Runtime,
    /// How the stack's container is run, if it is one.
    pub(in crate::app) container: Option<ContainerSpec>,
    /// What may have run containers of earlier runs.
    pub(in crate::app) container_clients: Vec<Client>,
    pub(in crate::app) setup: Option<String>,
    pub(in crate::app) providers: Providers,
    pub(in crate::app) plan: Arc<Plan>,
    /// What does not count when provider calls are compared.
    pub(in crate::app) rules: Arc<RuleBook>,
    /// Where other runners have their files.
    pub(in crate::app) workshop: Arc<Workshop>,
    /// What the user should know.
    pub(in crate::app) notices: Vec<String>,
}

/// Settles everything that can be settled without starting anything, for each stack that the cases run against.
///
/// # Errors
/// Everything wrong in arguments, settings and suites.
pub(in crate::app) async fn prepare(
    request: RunRequest,
    inputs: &Inputs,
    project: &Project,
    redactor: Redactor,
) -> Result<Vec<Prepared>, Vec<Diagnostic>> {
    let (mut all, mut errors): (_, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    for (n, settings) in settle::settle(request, inputs, project)?.into_iter().enumerate() {
        // Processes that listed tests wait to run them, though not while those of another stack run.
        let stay = if n == 0 && !settings.collect_only { settings.jobs.processes() } else { 0 };
        match prepare_one(settings, (inputs, stay), project, redactor.clone()).await {
            Ok(prepared) => all.push(prepared),
            // What is wrong with a suite is so for every stack.
            Err(found) => found.into_iter().for_each(|error| {
                if !errors.contains(&error) {
                    errors.push(error);
                }
            }),
        }
    }
    if errors.is_empty() { Ok(all) } else { Err(errors) }
}

async fn prepare_one(
    mut settings: Settings,
    (inputs, stay): (&Inputs, usize),
    project: &Project,
    redactor: Redactor,
) -> Result<Prepared, Vec<Diagnostic>> {
    let records = settings.mode.records();
    if records && matches!(settings.stack_config.target(), Target::Remote { .. }) {
        return Err(vec![unrecordable("a server that somebody else runs")]);
    }
    let folder = SuitesFolder::open(&inputs.cwd, &settings.suites_dir).map_err(|error| vec![error])?;
    let mut resolved = plan::resolve(&folder, &settings.wanted)?;
    // A setup tells how we start a stack; a server that somebody else runs has what its owner says.
    // Where its answers are compared with those of one of ours, both must be asked the same.
    let is_ours = settings.shares_setup || !matches!(settings.stack_config.target(), Target::Remote { .. });
    let of_suites = resolved.setup.as_ref().filter(|_| is_ours).map(|(name, _)| name.clone());
    let setup_name = settings.setup.clone().or(of_suites);
    if settings.setup.is_none()
        && is_ours
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
    let (runtime, mut notices) =
        runtime::resolve((settings.runtime, settings.otel), &settings.stack_config.target(), project, inputs)
            .map_err(|error| vec![error])?;
    let container = container(&settings, project, inputs)?;
    if container.is_none() {
        settings.jobs.suit(&runtime);
    }
    let container_clients = project.containers.clients(inputs);
    settings.recorder.suits(&runtime).map_err(|error| vec![error])?;
    let embedded = runtime == Runtime::Embedded;
    if embedded {
        notices.append(&mut unprovided(&settings, &mut models)?);
    }
    let providers =
        Providers::settle(project, setup, (&settings.stack_config, &models, &settings.env), inputs);
    if embedded {
        playable(&settings, &providers, inputs)?;
    }
    if settings.recorder == Recorder::Gateway && settings.mode != InferenceMode::Live {
        notices.extend(providers.past_the_gateway(&settings.stack_config.target(), project));
    }
    let (filter, tags) = (settings.filter.clone(), settings.tags.clone());
    let selection = Selection { filter, tags, shard: settings.shard, models };
    let workshop = Arc::new(external::workshop(project, inputs, redactor));
    // Whatever is wrong with the suites is told before another runner is started.
    let mut plan = plan::build(&folder, &resolved, &selection)?;
    let unlisted = resolved.unlisted(&selection.models)?;
    if !unlisted.is_empty() {
        external::list(&mut resolved, unlisted, &workshop, (inputs, stay)).await?;
        plan = plan::build(&folder, &resolved, &selection)?;
        workshop.keep_only(|suite| plan.suites.iter().any(|wanted| wanted.path == suite));
    }
    let plan = Arc::new(plan);
    let (rules, mut unclear) = rule_book(project, &plan)?;
    notices.append(&mut unclear);
    Ok(Prepared {
        settings,
        runtime,
        container,
        container_clients,
        setup: setup_name,
        providers,
        plan,
        rules: Arc::new(rules),
        workshop,
        notices,
    })
}

/// Settles what stacks need that no case is run against: the stack-configs, who plays them, and their providers.
///
/// # Errors
/// Everything wrong in arguments and settings, and in a run config that the embedded stack plays.
pub(in crate::app) async fn prepare_stack(
    request: RunRequest,
    inputs: &Inputs,
    project: &Project,
    redactor: Redactor,
) -> Result<Vec<Prepared>, Vec<Diagnostic>> {
    let settings = settle::settle(request, inputs, project)?;
    settings.into_iter().map(|settings| bare(settings, inputs, project, redactor.clone())).collect()
}

/// The stack, for a command that is about one alone.
///
/// # Errors
/// There are several.
pub(in crate::app) fn only(mut stacks: Vec<Prepared>) -> Result<Prepared, Vec<Diagnostic>> {
    match stacks.pop() {
        Some(stack) if stacks.is_empty() => Ok(stack),
        _ => Err(vec![
            Diagnostic::new("this is about one stack, and several are given")
                .hint("give `--stack-config` once"),
        ]),
    }
}

fn bare(
    settings: Settings,
    inputs: &Inputs,
    project: &Project,
    redactor: Redactor,
) -> Result<Prepared, Vec<Diagnostic>> {
    let setup = match &settings.setup {
        Some(name) => Some(setup_of(project, name).map_err(|error| vec![error])?),
        None => None,
    };
    let (runtime, notices) =
        runtime::resolve((settings.runtime, settings.otel), &settings.stack_config.target(), project, inputs)
            .map_err(|error| vec![error])?;
    let chosen = (&settings.stack_config, &ModelChoices::default(), settings.env.as_slice());
    let providers = Providers::settle(project, setup, chosen, inputs);
    if runtime == Runtime::Embedded {
        playable(&settings, &providers, inputs)?;
    }
    let setup = settings.setup.clone();
    Ok(Prepared {
        container: container(&settings, project, inputs)?,
        container_clients: project.containers.clients(inputs),
        workshop: Arc::new(external::workshop(project, inputs, redactor)),
        settings,
        runtime,
        setup,
        providers,
        plan: Arc::default(),
        rules: Arc::default(),
        notices,
    })
}

/// Takes back the setup's models of providers that the embedded stack does not have: their cases are skipped, and that is said.
///
/// # Errors
/// It has none of the models.
fn unprovided(settings: &Settings, models: &mut ModelChoices) -> Result<Vec<String>, Vec<Diagnostic>> {
    let (Target::Builtin(Config::Distro(name)) | Target::Process { config: Config::Distro(name), .. }) =
        settings.stack_config.target()
    else {
        return Ok(Vec::new());
    };
    if !Distro::find(&name).is_some_and(|distro| distro.embedded) {
        return Ok(Vec::new());
    }
    let known = starter::provider_ids();
    let mut notices = Vec::new();
    let mut left = 0;
    for kind in ModelKind::ALL {
        let unknown =
            |id: &&String| id.split_once('/').is_some_and(|(provider, _)| !known.contains(&provider));
        // An id that was typed may be a bare one with a slash in it; the stack will say whether it has it.
        let of_setup = settings.models.get(kind).is_empty();
        match models.get(kind).iter().find(unknown).filter(|_| of_setup).cloned() {
            Some(id) => {
                models.set(kind, "")?;
                let name = kind.name();
                notices.push(format!(
                    "the embedded stack has no provider for `{id}`: cases that want a {name} are skipped"
                ));
            }
            None => left += models.get(kind).len(),
        }
    }
    if left > 0 || notices.is_empty() {
        return Ok(notices);
    }
    let error = Diagnostic::new(format!(
        "the embedded stack has no provider for any of the models: {}",
        notices.join("; ")
    ));
    Err(vec![
        error.hint(format!("it has {}; or start a server that has them and give its URL", known.join(", "))),
    ])
}

/// Finds out whether the embedded stack can play what is asked of it, while that is still a mistake of the user's and not a
/// stack that failed.
fn playable(settings: &Settings, providers: &Providers, inputs: &Inputs) -> Result<(), Vec<Diagnostic>> {
    let (Target::Builtin(config) | Target::Process { config, .. }) = settings.stack_config.target() else {
        return Ok(());
    };
    let error = match stack::embedded_config(&config, &|name| providers.lookup(inputs, name)) {
        // That nothing installed can play it is no mistake.
        Ok(_) | Err(stack::Error::NotEmbedded { .. }) => return Ok(()),
        Err(error) => error,
    };
    let (name, known) = match &error {
        stack::Error::Provider(ConfigError::UnknownProvider { name, known, .. }) => (name, known),
        stack::Error::Provider(ConfigError::UnknownApi { api, known }) => (api, known),
        _ => return Err(error.diagnostics()),
    };
    let place = settings.stack_config.origin_of(name, &settings.stack_config_from);
    let diagnostic = Diagnostic::at(place, error.to_string());
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
    setup_of(project, name).map_err(|mut error| {
        error.origin =
            resolved.setup.as_ref().filter(|(setup, _)| setup == name).map(|(_, origin)| origin.clone());
        error
    })
}

fn setup_of<'a>(project: &'a Project, name: &str) -> Result<&'a Setup, Diagnostic> {
    if let Some(setup) = project.setups.get(name) {
        return Ok(setup);
    }
    let error = Diagnostic::new(format!("there is no setup `{name}`"));
    let known = project.setups.keys().map(String::as_str);
    Err(match nearest(name, known) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None => error.hint("`stack-test help setups` lists them; stack-test.yaml adds to them"),
    })
}

/// How the container of the stack-config is run; `None` if it wants none.
fn container(
    settings: &Settings,
    project: &Project,
    inputs: &Inputs,
) -> Result<Option<ContainerSpec>, Vec<Diagnostic>> {
    let config = (&settings.stack_config, settings.stack_config_from.as_str());
    let spec = containers::resolve(&project.containers, config, &project.folder(&inputs.cwd), inputs);
    spec.map_err(|error| vec![error])
}
