//! From the files to the plan.

use super::compile::Compiler;
use super::external::{self, is_test};
use super::library::Library;
use super::resolve::{Resolved, ResolvedSuite, Wanted, resolve};
use super::{
    Filter, ModelChoices, Plan, PlannedCase, PlannedSuite, PlannedTool, SuiteSources, fixtures, parallel,
};
use crate::model::Shard;
use crate::source::{Diagnostic, Origin, nearest};
use crate::suite::Fragment;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What narrows down the cases, and the models they are run with.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// `-k`: only cases whose ids it matches.
    pub filter: Option<Filter>,
    /// `--tag`: only cases that have one of these tags, if there are any.
    pub tags: Vec<String>,
    /// `--shard`: of those, the part of this machine.
    pub shard: Option<Shard>,
    /// The models to run with.
    pub models: ModelChoices,
}

/// Makes the plan of the files that were [resolved](resolve).
///
/// # Errors
/// Everything that is wrong in the files, their order kept, each complaint once.
pub fn build(
    sources: &dyn SuiteSources,
    resolved: &Resolved,
    selection: &Selection,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let shared = Library::new(&resolved.shared, None, &mut errors);
    let mut compiler = Compiler::new(sources, &[], shared);
    compiler.compile_library(&resolved.shared);
    errors.append(&mut compiler.errors);
    let builder = Builder { sources, shared: &resolved.shared, library: &compiler.library, selection };
    let built = parallel::map(&resolved.suites, |suite| builder.suite(suite));
    let mut plan = Plan::default();
    let mut places = 0..;
    for (suite, mut built) in resolved.suites.iter().zip(built) {
        errors.extend(std::mem::take(&mut built.errors));
        if let Some(shard) = selection.shard {
            built.retain(|| places.next().is_some_and(|place| shard.has(place)));
        }
        plan.deselected += built.deselected;
        take(&mut plan, suite, built.cases, built.tool);
    }
    let errors = in_order(&resolved.errors, errors);
    if errors.is_empty() { Ok(plan) } else { Err(errors) }
}

/// [`resolve`]s and [`build`]s, for callers that need nothing from between the two.
///
/// # Errors
/// Those of both.
pub fn load(
    sources: &dyn SuiteSources,
    wanted: &Wanted,
    selection: &Selection,
) -> Result<Plan, Vec<Diagnostic>> {
    build(sources, &resolve(sources, wanted)?, selection)
}

fn take(plan: &mut Plan, suite: &ResolvedSuite, mut cases: Vec<PlannedCase>, tool: Option<Arc<PlannedTool>>) {
    if cases.is_empty() {
        return;
    }
    cases.iter_mut().for_each(|case| case.suite = plan.suites.len());
    plan.cases.append(&mut cases);
    plan.suites.push(PlannedSuite {
        path: suite.path.clone(),
        file: Arc::clone(&suite.file),
        about: suite.suite.about.clone(),
        rules: suite.suite.rules.clone(),
        tool,
    });
}

/// What reading and compiling complained about: by file, in the order of the files, and by place.
fn in_order(read: &[Diagnostic], compiled: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    let mut errors: Vec<Diagnostic> = read.iter().cloned().chain(compiled).collect();
    let key = |error: &Diagnostic| error.origin.as_ref().map(|origin| origin.file.name().to_owned());
    let mut files: HashMap<Option<String>, usize> = HashMap::new();
    let ranks: Vec<usize> = errors
        .iter()
        .map(|error| {
            let next = files.len();
            *files.entry(key(error)).or_insert(next)
        })
        .collect();
    let mut ranked: Vec<(usize, usize, Diagnostic)> = ranks
        .into_iter()
        .zip(errors.drain(..))
        .map(|(rank, error)| (rank, error.origin.as_ref().map_or(0, |origin| origin.span.start), error))
        .collect();
    ranked.sort_by_key(|(rank, start, _)| (*rank, *start));
    let once = |error: &Diagnostic| seen.insert(error.one_line());
    ranked.into_iter().map(|(_, _, error)| error).filter(once).collect()
}

/// What came of one file.
#[derive(Default)]
pub(super) struct Built {
    pub(super) cases: Vec<PlannedCase>,
    pub(super) deselected: usize,
    pub(super) tool: Option<Arc<PlannedTool>>,
    pub(super) errors: Vec<Diagnostic>,
}

impl Built {
    /// Takes a case if it is wanted, and counts it if not.
    pub(super) fn take(&mut self, case: PlannedCase, wants: impl Fn(&PlannedCase) -> bool) {
        if wants(&case) {
            self.cases.push(case);
        } else {
            self.deselected += 1;
        }
    }

    /// Keeps the cases for which `is_ours`, asked in their order, says so.
    fn retain(&mut self, mut is_ours: impl FnMut() -> bool) {
        let selected = self.cases.len();
        self.cases.retain(|_| is_ours());
        self.deselected += selected - self.cases.len();
    }
}

struct Builder<'a> {
    sources: &'a dyn SuiteSources,
    shared: &'a [Fragment],
    library: &'a Library<'a>,
    selection: &'a Selection,
}

impl Builder<'_> {
    fn suite(&self, resolved: &ResolvedSuite) -> Built {
        if let Some(spec) = &resolved.external {
            let wants = |case: &PlannedCase| self.wants(resolved, case);
            return external::build(resolved, spec, &self.selection.models, wants);
        }
        let mut built = Built::default();
        let suite = &resolved.suite;
        let headers = &suite.defaults.headers;
        // Shared fragments send the headers of the file that uses them, and are compiled anew for a file that has some.
        let anew: &[Fragment] = if headers.is_empty() { &[] } else { self.shared };
        let fragments = || anew.iter().chain(&suite.fragments);
        let base = headers.is_empty().then_some(self.library);
        let library = Library::new(fragments(), base, &mut built.errors);
        let mut compiler = Compiler::new(self.sources, headers, library);
        compiler.fixture_names = fixtures::names(&suite.fixtures);
        let fixtures: Arc<[_]> = compiler.fixtures(&suite.fixtures).into();
        compiler.compile_library(fragments());
        let mut ids = Ids::default();
        for case in &suite.cases {
            let expansion = compiler.case(&resolved.path, suite, case, &self.selection.models);
            let cases = expansion.cases(0, &fixtures);
            ids.check(&case.name.text, &case.name.origin, &cases, &mut built.errors);
            for case in cases {
                built.take(case, |case| self.wants(resolved, case));
            }
        }
        built.errors.append(&mut compiler.errors);
        unmatched(resolved, &ids, &mut built.errors);
        built
    }

    fn wants(&self, resolved: &ResolvedSuite, case: &PlannedCase) -> bool {
        let Selection { filter, tags, .. } = self.selection;
        let named = resolved.only.is_empty() || resolved.only.iter().any(|word| is_case(case, &word.text));
        let tagged = tags.is_empty() || case.tags.iter().any(|tag| tags.contains(tag));
        named && tagged && filter.as_ref().is_none_or(|filter| filter.matches(&case.id))
    }
}

/// Whether `name` is the case with these very params, or the case with any.
fn is_case(case: &PlannedCase, name: &str) -> bool {
    if case.external.is_some() {
        return is_test(case.id.case(), name);
    }
    let rest = case.id.case().strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("["))
}

/// The ids of a file, to find those used twice.
#[derive(Default)]
struct Ids {
    names: HashMap<String, Origin>,
    ids: HashMap<String, Origin>,
}

impl Ids {
    fn check(&mut self, name: &str, origin: &Origin, cases: &[PlannedCase], errors: &mut Vec<Diagnostic>) {
        let twice = |what: String, first: &Origin| {
            Diagnostic::at(origin.clone(), what).note(format!("the first is at {first}"))
        };
        if let Some(first) = self.names.get(name) {
            errors.push(twice(format!("there is a case `{name}` already"), first).hint("rename one of them"));
            return;
        }
        self.names.insert(name.to_owned(), origin.clone());
        for case in cases {
            if let Some(first) = self.ids.insert(case.id.case().to_owned(), origin.clone()) {
                errors.push(twice(format!("there is a case with the id `{}` already", case.id), &first));
            }
        }
    }
}

/// Complains about cases that were asked for by an id that there is not.
fn unmatched(resolved: &ResolvedSuite, ids: &Ids, errors: &mut Vec<Diagnostic>) {
    for word in &resolved.only {
        let name = word.text.as_str();
        if ids.names.contains_key(name) || ids.ids.contains_key(name) {
            continue;
        }
        let what = format!("`{}` has no case `{name}`", resolved.path);
        let diagnostic = Diagnostic::at(word.origin.clone(), what);
        let known = ids.names.keys().chain(ids.ids.keys()).map(String::as_str);
        errors.push(match nearest(name, known) {
            Some(name) => diagnostic.hint(format!("did you mean `{name}`?")),
            None => diagnostic.hint(format!("`--collect-only {}` lists its cases", resolved.path)),
        });
    }
}
