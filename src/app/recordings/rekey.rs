//! `recordings rekey`: what rules do to what is recorded.
//!
//! Requests are kept as they were sent, and what counts of them is computed when a set is loaded: a changed rule makes
//! nothing on disk stale. What it may do is make questions equal, or no longer so, and that is told here.

use super::chosen::{Recordings, unreadable};
use super::git::Revision;
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::files::find_project;
use crate::app::project::load::Project;
use crate::app::run::command::Common;
use crate::app::run::rules::rule_book_of;
use crate::app::run::suites::SuitesFolder;
use crate::cli::RekeyArgs;
use crate::gateway::Saved;
use crate::plan::SuiteSources;
use crate::recording::{self, Owner, RekeyReport, RuleBook};
use crate::source::{Diagnostic, SourceFile, yaml};
use crate::suite::{DeclaredRule, parse_rules};
use crate::text::plural;
use std::path::Path;
use std::sync::Arc;

/// What came of all sets.
#[derive(Default)]
struct Sum {
    sets: usize,
    concerned: usize,
    joined: usize,
    ambiguous: usize,
    parted: usize,
    /// Calls that may go, and those that went.
    removable: usize,
    removed: usize,
}

/// Says what the rules do, and removes duplicates if it may.
///
/// # Errors
/// A rule makes no sense, there is no such revision, a folder cannot be read, a set cannot be written.
pub(super) fn rekey(args: &RekeyArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let recordings = Recordings::open(common, &args.chosen)?;
    recordings.check_names()?;
    let suites = recordings.folder(args.suites_dir.as_deref(), "suites_dir");
    let now = rules_of(&recordings.project, &suites_now(&recordings, &suites)?)?;
    let before = match &args.since {
        Some(revision) => rules_at(common, &recordings, &suites, revision)?,
        None => RuleBook::default(),
    };
    let mut sum = Sum::default();
    let mut errors = Vec::new();
    for (setup, store) in recordings.stores()? {
        for path in store.survey().map_err(unreadable)?.sets {
            let set = match store.read(&path) {
                Ok((set, _)) if recordings.wants(&set.owner) => set,
                Ok(_) => continue,
                Err(error) => {
                    errors.extend(recordings.wants_broken(&store, &path).then_some(error));
                    continue;
                }
            };
            let owner = set.owner.clone();
            let (kept, report) = recording::rekey(set, before.of(&owner), now.of(&owner));
            sum.add(&report);
            if report.is_empty() {
                continue;
            }
            recordings.say(&drawn(&setup, &owner, &report));
            if args.yes
                && !report.removed.is_empty()
                && store.save(kept).map_err(unreadable)? != Saved::Unchanged
            {
                sum.removed += report.removed.len();
            }
        }
    }
    recordings.say(&sum.drawn(args.since.as_deref()));
    recordings.complain(&errors);
    let is_done = errors.is_empty() && sum.removed == sum.removable;
    Ok(if is_done { ExitStatus::Passed } else { ExitStatus::Failed })
}

impl Sum {
    fn add(&mut self, report: &RekeyReport) {
        self.sets += 1;
        self.concerned += usize::from(!report.is_empty());
        self.joined += report.joined.len();
        self.ambiguous += report.ambiguous.len();
        self.parted += report.parted.len();
        self.removable += report.removed.len();
    }

    fn drawn(&self, since: Option<&str>) -> String {
        let Self { sets, concerned, joined, ambiguous, parted, removable, removed } = self;
        let sets = plural(*sets, "set");
        let than = since.map_or("no rules would".to_owned(), |revision| format!("those of {revision}"));
        if *concerned == 0 {
            return format!("{sets}: the rules tell questions apart just as {than}\n");
        }
        let mut out = format!(
            "{sets}, {concerned} of them with other questions than by {}: {joined} joined, {ambiguous} ambiguous, {parted} parted\n",
            since.map_or("no rules".to_owned(), |_| than)
        );
        if *removed > 0 {
            out.push_str(&format!("{} removed\n", plural(*removed, "duplicate")));
        } else if *removable > 0 {
            out.push_str(&format!(
                "{} to remove; nothing was: `--yes` removes what is left out\n",
                plural(*removable, "duplicate")
            ));
        }
        out
    }
}

fn drawn(setup: &str, owner: &Owner, report: &RekeyReport) -> String {
    let RekeyReport { joined, ambiguous, parted, removed } = report;
    let mut out = format!("{owner}  ({setup})\n");
    for calls in joined {
        out.push_str(&format!("  {} are one question, with equal answers\n", numbers(calls)));
    }
    for calls in ambiguous {
        out.push_str(&format!(
            "  warning: {} are one question, with different answers: they are given in this order\n",
            numbers(calls)
        ));
    }
    for calls in parted {
        out.push_str(&format!("  {} are several questions, and were one\n", numbers(calls)));
    }
    if !removed.is_empty() {
        out.push_str(&format!("  left out: {}, as another asks and answers the same\n", numbers(removed)));
    }
    out
}

/// `calls 1, 3 and 4`, counted from 1.
fn numbers(places: &[usize]) -> String {
    let numbers: Vec<String> = places.iter().map(|place| (place + 1).to_string()).collect();
    match numbers.split_last() {
        Some((last, [])) => format!("call {last}"),
        Some((last, others)) => format!("calls {} and {last}", others.join(", ")),
        None => "no calls".to_owned(),
    }
}

/// A suite's path and the rules it declares.
type SuiteRules = (String, Vec<DeclaredRule>);

fn rules_of(project: &Project, suites: &[SuiteRules]) -> Result<RuleBook, CommandError> {
    let suites: Vec<_> = suites.iter().map(|(path, rules)| (path.as_str(), rules.as_slice())).collect();
    rule_book_of(project, &suites).map(|(book, _)| book).map_err(CommandError::usage)
}

/// The rules of the suites below `folder`; none if it is not there.
fn suites_now(recordings: &Recordings<'_>, folder: &Path) -> Result<Vec<SuiteRules>, CommandError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let usage = |error| CommandError::usage(vec![error]);
    let folder = SuitesFolder::open(&recordings.inputs.cwd, folder).map_err(usage)?;
    declared(folder.list().map_err(usage)?, |path| folder.read(path).map(Some))
}

/// The rules at a git revision: of the project's settings and of the suites.
fn rules_at(
    common: &Common<'_>,
    recordings: &Recordings<'_>,
    suites: &Path,
    name: &str,
) -> Result<RuleBook, CommandError> {
    let usage = |error| CommandError::usage(vec![error]);
    let of = |revision: &Revision<'_>, path: &str| -> Result<Option<Arc<SourceFile>>, Diagnostic> {
        let text = revision.file(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ok(text.map(|text| SourceFile::new(format!("{name}:{path}"), text)))
    };
    let cwd = &recordings.inputs.cwd;
    let mut file = None;
    if let Some((now, root)) = find_project(cwd, common.project).map_err(usage)? {
        let path = cwd.join(now.name());
        let path = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
        file = of(&Revision::find(&root, name).map_err(usage)?, &path).map_err(usage)?;
    }
    let project = Project::load(file.as_ref()).map_err(CommandError::usage)?;
    let folder = if suites.is_dir() { suites } else { cwd };
    let revision = Revision::find(folder, name).map_err(usage)?;
    let files = if suites.is_dir() { revision.files().map_err(usage)? } else { Vec::new() };
    rules_of(&project, &declared(files, |path| of(&revision, path))?)
}

/// What suites declare. What else is in them, right or wrong, does not matter here.
fn declared(
    files: Vec<String>,
    read: impl Fn(&str) -> Result<Option<Arc<SourceFile>>, Diagnostic>,
) -> Result<Vec<SuiteRules>, CommandError> {
    let mut all = Vec::new();
    let mut errors = Vec::new();
    for file in files {
        let Some(path) = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")) else { continue };
        let root = match read(&file).and_then(|text| text.map(|text| yaml::parse(&text)).transpose()) {
            Ok(root) => root,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        if let Some(rules) = root.as_ref().and_then(|root| root.get("match")) {
            let mut parsed = parse_rules(rules);
            errors.append(&mut parsed.errors);
            all.push((path.to_owned(), parsed.value));
        }
    }
    if errors.is_empty() { Ok(all) } else { Err(CommandError::usage(errors)) }
}
