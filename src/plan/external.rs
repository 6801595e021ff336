//! Suites of other runners: what is started, and the cases that its tests become.

use super::build::Built;
use super::expand::both;
use super::resolve::{Resolved, ResolvedSuite};
use super::{ModelChoices, PlannedCase};
use crate::check::{Scope, TextTemplate};
use crate::model::CaseId;
use crate::source::{Diagnostic, Node, Origin, nearest};
use crate::suite::{Distribute, External, ModelKind};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What the templates of a command may use, beside the kinds of model.
const NAMES: [&str; 2] = ["stack.url", "run.id"];
/// And those of the `command:` of the adapter `command`.
const OWN_NAMES: [&str; 2] = ["test", "junit"];
/// The case that stands for a suite whose tests cannot be listed.
const UNLISTED: &str = "tests";

/// Somebody else's runner, and how it is started.
#[derive(Debug, Clone)]
pub struct PlannedTool {
    /// Its adapter's name.
    pub adapter: String,
    /// Where `external` is written.
    pub origin: Origin,
    command: Vec<TextTemplate>,
    list: Vec<TextTemplate>,
    cwd: Option<TextTemplate>,
    env: Vec<(String, TextTemplate)>,
    /// The models to run with, one of each kind that is chosen.
    pub models: Map<String, Value>,
    /// The kinds that the templates use and that are not chosen, in words.
    missing: Option<String>,
    /// Whether a process is given a test at a time, and not all tests of a file.
    pub by_test: bool,
    /// The longest a process may take until it is ready.
    pub start_timeout: Option<Duration>,
    /// The most processes at a time.
    pub processes: Option<usize>,
}

/// A command with nothing left to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Where it runs, if the suite says so.
    pub cwd: Option<PathBuf>,
    /// Variables on top of the environment.
    pub env: Vec<(String, String)>,
}

/// A test that a runner of somebody else has.
#[derive(Debug, Clone)]
pub struct ListedTest {
    /// Its id, as the runner spells it.
    pub id: String,
    /// Its file, as the runner spells it.
    pub file: Option<String>,
    /// Where it is written, if that is known.
    pub origin: Option<Origin>,
    /// Its marks.
    pub tags: Vec<String>,
}

/// What a case is that another runner runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalTest {
    /// The runner's id of it.
    pub id: String,
    /// Its file, as the runner spells it.
    pub file: Option<String>,
}

impl PlannedTool {
    /// # Errors
    /// Everything wrong with its templates.
    fn new(spec: &External, choices: &ModelChoices) -> Result<Self, Vec<Diagnostic>> {
        let mut compiling = Compiling { errors: Vec::new(), models: Vec::new() };
        let adapter = spec.adapter.as_ref().map(|word| word.text.clone()).unwrap_or_default();
        let own: &[&str] = if adapter == "command" { &OWN_NAMES } else { &[] };
        let command = compiling.all(&spec.command, own);
        let list = compiling.all(&spec.list, &[]);
        let cwd = spec.cwd.as_ref().and_then(|node| compiling.one(node, &[]));
        let env = spec.env.iter();
        let env = env.filter_map(|field| Some((field.name.text.clone(), compiling.one(&field.value, &[])?)));
        let env = env.collect();
        let Compiling { errors, models } = compiling;
        if !errors.is_empty() {
            return Err(errors);
        }
        let absent = models.iter().filter(|kind| choices.get(**kind).is_empty());
        let absent: Vec<String> = absent.map(|kind| kind.missing()).collect();
        let chosen = ModelKind::ALL.into_iter().filter_map(|kind| {
            let id = choices.get(kind).first()?;
            let number = id.parse::<u32>().ok().filter(|_| kind == ModelKind::EmbeddingDimension);
            Some((kind.name().to_owned(), number.map_or_else(|| Value::from(id.as_str()), Value::from)))
        });
        Ok(Self {
            adapter,
            origin: spec.origin.clone(),
            command,
            list,
            cwd,
            env,
            models: chosen.collect(),
            missing: (!absent.is_empty()).then(|| absent.join(", ")),
            by_test: spec.distribute == Distribute::Test,
            start_timeout: spec.start_timeout,
            processes: spec.processes.and_then(|most| usize::try_from(most).ok()),
        })
    }

    /// Whether it says how to list its tests itself.
    pub fn has_list(&self) -> bool {
        !self.list.is_empty()
    }

    /// The command that runs tests. `own` is what only this adapter's templates know.
    ///
    /// # Errors
    /// A template that cannot be filled in.
    pub fn command(
        &self,
        stack_url: &str,
        run_id: &str,
        own: &[(&str, &str)],
    ) -> Result<Rendered, Diagnostic> {
        self.render(&self.command, &self.scope(stack_url, run_id, own))
    }

    /// The command that lists them.
    ///
    /// # Errors
    /// A template that cannot be filled in.
    pub fn list(&self, stack_url: &str, run_id: &str) -> Result<Rendered, Diagnostic> {
        self.render(&self.list, &self.scope(stack_url, run_id, &[]))
    }

    fn scope(&self, stack_url: &str, run_id: &str, own: &[(&str, &str)]) -> Scope {
        let mut scope = Scope::new(self.models.clone());
        scope.set("stack", json!({ "url": stack_url }));
        scope.set("run", json!({ "id": run_id }));
        own.iter().for_each(|(name, value)| scope.set(*name, Value::from(*value)));
        scope
    }

    fn render(&self, words: &[TextTemplate], scope: &Scope) -> Result<Rendered, Diagnostic> {
        let env = self.env.iter().map(|(name, value)| Ok((name.clone(), value.render(scope)?)));
        Ok(Rendered {
            command: words.iter().map(|word| word.render(scope)).collect::<Result<_, _>>()?,
            cwd: self.cwd.as_ref().map(|cwd| cwd.render(scope)).transpose()?.map(PathBuf::from),
            env: env.collect::<Result<_, Diagnostic>>()?,
        })
    }

    /// Whether the process that runs its tests is started otherwise than one that lists them, as the stack's URL is in it.
    pub fn differs_by_stack(&self, run_id: &str) -> bool {
        let at = |url: &str| self.command(url, run_id, &[]).ok();
        at("http://127.0.0.1:1") != at("http://127.0.0.1:2")
    }

    /// Whether its command has a place for this name.
    pub fn uses(&self, name: &str) -> bool {
        self.command.iter().flat_map(TextTemplate::references).any(|reference| reference.path == name)
    }
}

/// Compiles templates and notes what is wrong, and which models they use.
struct Compiling {
    errors: Vec<Diagnostic>,
    models: Vec<ModelKind>,
}

impl Compiling {
    fn all(&mut self, nodes: &[Node], own: &[&str]) -> Vec<TextTemplate> {
        nodes.iter().filter_map(|node| self.one(node, own)).collect()
    }

    fn one(&mut self, node: &Node, own: &[&str]) -> Option<TextTemplate> {
        let template = TextTemplate::compile(node).map_err(|errors| self.errors.extend(errors)).ok()?;
        for reference in template.references() {
            let path = reference.path.as_str();
            if let Some(kind) = ModelKind::from_name(path) {
                if !self.models.contains(&kind) {
                    self.models.push(kind);
                }
            } else if !NAMES.contains(&path) && !own.contains(&path) {
                let models = ModelKind::ALL.map(ModelKind::name);
                let known: Vec<&str> = NAMES.iter().chain(own).chain(&models).copied().collect();
                let error =
                    Diagnostic::at(reference.origin.clone(), format!("nothing here is called `{path}`"));
                self.errors.push(match nearest(path, known.iter().copied()) {
                    Some(name) => error.hint(format!("did you mean `{name}`?")),
                    None => error.hint(format!("known here: {}", known.join(", "))),
                });
            }
        }
        Some(template)
    }
}

/// A suite of another runner, of whose tests nothing is known yet.
#[derive(Debug)]
pub struct Unlisted {
    place: usize,
    /// The suite's path.
    pub path: String,
    /// How its runner is started.
    pub tool: Arc<PlannedTool>,
}

impl Resolved {
    /// The suites of other runners whose tests must be listed before the plan is made; those left out that need models which
    /// are not chosen.
    ///
    /// # Errors
    /// Everything wrong with their templates.
    pub fn unlisted(&self, choices: &ModelChoices) -> Result<Vec<Unlisted>, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let mut unlisted = Vec::new();
        for (place, suite) in self.suites.iter().enumerate() {
            let Some(spec) = &suite.external else { continue };
            match PlannedTool::new(spec, choices) {
                Ok(tool) if tool.missing.is_some() => {}
                Ok(tool) => unlisted.push(Unlisted { place, path: suite.path.clone(), tool: Arc::new(tool) }),
                Err(more) => errors.extend(more),
            }
        }
        if errors.is_empty() { Ok(unlisted) } else { Err(errors) }
    }

    /// Takes the tests of a suite.
    pub fn list(&mut self, of: &Unlisted, tests: Vec<ListedTest>) {
        if let Some(suite) = self.suites.get_mut(of.place) {
            suite.tests = Some(tests);
        }
    }

    /// The suites that another runner runs.
    pub fn external_paths(&self) -> impl Iterator<Item = &str> {
        let external = self.suites.iter().filter(|suite| suite.external.is_some());
        external.map(|suite| suite.path.as_str())
    }
}

/// The cases of a suite of another runner; none while its tests are not listed.
pub(super) fn build(
    resolved: &ResolvedSuite,
    spec: &External,
    choices: &ModelChoices,
    wants: impl Fn(&PlannedCase) -> bool,
) -> Built {
    let mut built = Built::default();
    let tool = match PlannedTool::new(spec, choices) {
        Ok(tool) => tool,
        Err(errors) => return Built { errors, ..built },
    };
    if let Some(reason) = &tool.missing {
        let mut case = planned(resolved, spec, UNLISTED, None);
        case.skip = Some(reason.clone());
        built.take(case, &wants);
        return built;
    }
    let Some(tests) = &resolved.tests else { return built };
    let mut seen = HashSet::new();
    for test in tests {
        if !seen.insert(test.id.as_str()) {
            let what = format!(
                "the {} of `{}` has two tests with the id `{}`",
                tool.adapter, resolved.path, test.id
            );
            built
                .errors
                .push(Diagnostic::at(spec.origin.clone(), what).hint("give one of them another name"));
            continue;
        }
        let mut case = planned(resolved, spec, &test.id, test.origin.as_ref());
        case.tags = both(&case.tags, &test.tags);
        case.external = Some(ExternalTest { id: test.id.clone(), file: test.file.clone() });
        built.take(case, &wants);
    }
    for word in &resolved.only {
        if !tests.iter().any(|test| is_test(&test.id, &word.text)) {
            let what = format!("`{}` has no test `{}`", resolved.path, word.text);
            let error = Diagnostic::at(word.origin.clone(), what);
            built.errors.push(match nearest(&word.text, tests.iter().map(|test| test.id.as_str())) {
                Some(name) => error.hint(format!("did you mean `{name}`?")),
                None => error.hint(format!("`--collect-only {}` lists its tests", resolved.path)),
            });
        }
    }
    built.tool = Some(Arc::new(tool));
    built
}

/// Whether `name` is the test with these very params, the test with any, or a class, describe block or file that it is in.
pub(super) fn is_test(id: &str, name: &str) -> bool {
    let rest = id.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || ["[", "::", " > "].iter().any(|next| rest.starts_with(next)))
}

fn planned(resolved: &ResolvedSuite, spec: &External, name: &str, origin: Option<&Origin>) -> PlannedCase {
    PlannedCase {
        id: CaseId::new(resolved.path.as_str(), name),
        suite: 0,
        origin: origin.unwrap_or(&spec.origin).clone(),
        tags: spec.tags.clone(),
        requires_apis: spec.requires_apis.clone(),
        skip: None,
        skip_when: Vec::new(),
        xfail: Vec::new(),
        timeout: spec.timeout,
        retries: 0,
        repeat: None,
        locks: Vec::new(),
        fixtures: Arc::default(),
        names: Map::new(),
        steps: Arc::default(),
        finally: Arc::default(),
        external: None,
        test_id: None,
    }
}
