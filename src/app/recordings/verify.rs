//! `recordings verify`: what is wrong, file by file, and what to do.

use super::chosen::{Recordings, unreadable};
use super::dead::{Cases, Standing, left_over, unmentioned};
use super::{secrets, unused};
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::run::command::Common;
use crate::cli::VerifyArgs;
use crate::gateway::Store;
use crate::recording::{NO_SETUP, Owner};
use crate::text::plural;
use std::path::Path;

/// What is said of a set whose suite the project does not have.
const NO_SUITE: &str = "belongs to no suite here: recorded by the gateway alone, or its suite is gone \
     (then `stack-test recordings prune --gone-suites` removes it)";

/// What was found.
#[derive(Default)]
struct Findings {
    /// What is wrong: file, what, and what to do where that does not say it.
    problems: Vec<(String, String, String)>,
    /// What need not be wrong.
    notes: Vec<(String, String)>,
    sets: usize,
    /// Sets of tests that another runner has.
    unlisted: usize,
}

/// Verifies.
///
/// # Errors
/// A suite or the report of a run is broken, or a folder cannot be read.
pub(super) fn verify(args: &VerifyArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let recordings = Recordings::open(common, &args.chosen)?;
    recordings.check_names()?;
    let stores = recordings.stores()?;
    let folder = recordings.folder(args.suites_dir.as_deref(), "suites_dir");
    let setups: Vec<String> = stores.iter().map(|(name, _)| name.clone()).collect();
    let cases = Cases::read(&recordings, &folder, &setups)?;
    let mut findings = Findings::default();
    if cases.is_none() {
        let what = "is not there: whether the cases still exist is not known".to_owned();
        findings.notes.push((recordings.shown(&folder), what));
    }
    for (setup, store) in &stores {
        findings.store(&recordings, (setup, store), cases.as_ref())?;
    }
    if findings.unlisted > 0 {
        let sets = plural(findings.unlisted, "set");
        let what = format!(
            "{sets} of external suites: whether their tests still exist was not looked at, as other runners list them"
        );
        findings.notes.push((recordings.shown(&folder), what));
    }
    if let Some(path) = &args.from_report {
        findings.unused(&recordings, path, &stores)?;
    }
    recordings.say(&findings.drawn());
    Ok(if findings.problems.is_empty() { ExitStatus::Passed } else { ExitStatus::Failed })
}

impl Findings {
    fn problem(&mut self, file: String, what: impl Into<String>, todo: impl Into<String>) {
        self.problems.push((file, what.into(), todo.into()));
    }

    fn store(
        &mut self,
        recordings: &Recordings<'_>,
        (setup, store): (&str, &Store),
        cases: Option<&Cases>,
    ) -> Result<(), CommandError> {
        const PRUNE: &str = "`stack-test recordings prune` removes it";
        let survey = store.survey().map_err(unreadable)?;
        for path in &survey.sets {
            let file = recordings.shown(path);
            let (set, _) = match store.read(path) {
                Ok(read) => read,
                Err(_) if !recordings.wants_broken(store, path) => continue,
                Err(error) => {
                    let why = error.to_string();
                    // The file is named already; what to do is part of the reason.
                    let why = why.strip_prefix(&format!("{}:", path.display())).unwrap_or(&why).to_owned();
                    let told = why.contains("record again") || why.contains("upgrade");
                    let todo = "bring it back from version control, or record the case again";
                    self.problem(file, why, if told { "" } else { todo });
                    continue;
                }
            };
            if !recordings.wants(&set.owner) {
                continue;
            }
            self.sets += 1;
            for found in secrets::findings(recordings, &set) {
                let todo = match found.call {
                    Some(_) => {
                        format!("take the key out of use, then record again: {}", record(setup, &set.owner))
                    }
                    None => "take the key out of use, rename the case, and delete the file".to_owned(),
                };
                self.problem(file.clone(), found.to_string(), todo);
            }
            if set.exchanges.is_empty() {
                self.problem(file.clone(), "it holds no call", "delete it, or record the case again");
            }
            match cases {
                Some(cases) if cases.standing(&set.owner) == Standing::CaseGone => {
                    self.problem(file, format!("no suite has the case `{}`", set.owner), PRUNE);
                }
                Some(cases) if cases.standing(&set.owner) == Standing::Unlisted => self.unlisted += 1,
                Some(cases) if cases.standing(&set.owner) == Standing::NoSuite => {
                    self.notes.push((file, NO_SUITE.to_owned()));
                }
                Some(cases) if !cases.is_planned(setup, &set.owner) => {
                    let what =
                        format!("`{}` runs with other parameters with the models of `{setup}`", set.owner);
                    self.notes.push((file, what));
                }
                _ => {}
            }
        }
        for path in unmentioned(store, &survey) {
            self.problem(recordings.shown(&path), "no set refers to this body", PRUNE);
        }
        for path in left_over(&survey, recordings.inputs.now) {
            self.problem(recordings.shown(&path), "a run that was killed left it behind", PRUNE);
        }
        for (path, why) in &survey.strange {
            self.problem(recordings.shown(path), *why, "move it elsewhere");
        }
        Ok(())
    }

    fn unused(
        &mut self,
        recordings: &Recordings<'_>,
        report: &Path,
        stores: &[(String, Store)],
    ) -> Result<(), CommandError> {
        for unused in unused::unused(recordings, report)? {
            let Some(case) = crate::model::CaseId::parse(&unused.case) else { continue };
            let owner = Owner::Case(case);
            let store = stores.iter().find(|(name, _)| *name == unused.setup);
            let Some((setup, store)) = store.filter(|_| recordings.wants(&owner)) else { continue };
            let what =
                format!("the run did not use {} of `{owner}`", plural(unused.answers, "recorded answer"));
            let todo = format!("record the case again: {}", record(setup, &owner));
            self.problem(recordings.shown(&store.path(&owner)), what, todo);
        }
        Ok(())
    }

    fn drawn(&self) -> String {
        let mut out = String::new();
        for (file, what, todo) in &self.problems {
            out.push_str(&format!("{file}: {what}\n"));
            if !todo.is_empty() {
                out.push_str(&format!("  {todo}\n"));
            }
        }
        for (file, what) in &self.notes {
            out.push_str(&format!("{file}: note: {what}\n"));
        }
        let problems = match self.problems.len() {
            0 => "nothing wrong".to_owned(),
            count => plural(count, "problem"),
        };
        out + &format!("{} verified, {problems}\n", plural(self.sets, "set"))
    }
}

/// The command that records `owner` again.
fn record(setup: &str, owner: &Owner) -> String {
    let flag = if setup == NO_SETUP { String::new() } else { format!(" --setup {setup}") };
    match owner {
        Owner::Session => format!("stack-test record{flag}"),
        Owner::Case(case) => format!("stack-test record{flag} '{}'", case.to_string().replace('\'', r"'\''")),
    }
}
