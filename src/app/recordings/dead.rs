//! What nothing needs any more, and how that is known.
//!
//! A set is dead if its suite is there and has its case no more, whatever the parameters: which models a case runs with is
//! said on the command line, too, so that a set with other parameters may well be somebody's. Where there is no such
//! suite, it may be gone, or the gateway recorded for tests that are none of ours: that is not known. A body kept apart is
//! dead if no set mentions it.

use super::chosen::Recordings;
use crate::app::error::CommandError;
use crate::app::run::suites::SuitesFolder;
use crate::gateway::{Store, Survey};
use crate::model::CaseId;
use crate::plan::{self, ModelChoices, Selection, Wanted};
use crate::recording::{BODIES, Owner, bodies_of};
use crate::suite::ModelKind;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A temporary file that is older than this was left behind; a younger one may be being written.
const STALE: Duration = Duration::from_secs(600);

/// The cases that the suites have.
pub(super) struct Cases {
    /// With parameters, for each setup that has models.
    planned: HashMap<String, HashSet<String>>,
    /// Without.
    bare: HashSet<String>,
    suites: HashSet<String>,
    /// Those of them whose tests another runner has.
    external: HashSet<String>,
}

/// What the suites say of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has its case, or is of no case.
    Needed,
    /// Its tests are known to another runner, which is not asked here.
    Unlisted,
    /// Its suite has no such case, whatever the parameters.
    CaseGone,
    /// There is no such suite.
    NoSuite,
}

impl Cases {
    /// Reads all suites below `folder`, for each of `setups`; `None` if there is no such folder.
    ///
    /// # Errors
    /// A suite is broken: what it had is not known then.
    pub(super) fn read(
        recordings: &Recordings<'_>,
        folder: &Path,
        setups: &[String],
    ) -> Result<Option<Self>, CommandError> {
        if !folder.is_dir() {
            return Ok(None);
        }
        let usage = |error| CommandError::usage(vec![error]);
        let folder = SuitesFolder::open(&recordings.inputs.cwd, folder).map_err(usage)?;
        let all = Wanted { names: vec![".".to_owned()], subdirs: Vec::new() };
        let resolved = plan::resolve(&folder, &all).map_err(CommandError::usage)?;
        let suites = resolved.suite_paths().map(str::to_owned).collect();
        let external = resolved.external_paths().map(str::to_owned).collect();
        let mut cases = Self { planned: HashMap::new(), bare: HashSet::new(), suites, external };
        let known = setups.iter().filter_map(|name| Some((name, recordings.project.setups.get(name)?)));
        let known: Vec<_> = known.collect();
        // Without a setup, too: the names are the same, and there may be none.
        for (name, setup) in std::iter::once(None).chain(known.into_iter().map(Some)).map(Option::unzip) {
            let mut models = ModelChoices::default();
            for (kind, ids) in setup.iter().flat_map(|setup| &setup.models) {
                if let Some(kind) = ModelKind::from_name(kind) {
                    models.set_default(kind, ids).map_err(CommandError::usage)?;
                }
            }
            let selection = Selection { models, ..Selection::default() };
            let plan = plan::build(&folder, &resolved, &selection).map_err(CommandError::usage)?;
            cases.bare.extend(plan.cases.iter().map(|case| bare(&case.id)));
            if let Some(name) = name {
                let ids = plan.cases.iter().map(|case| case.id.to_string());
                cases.planned.insert(name.clone(), ids.collect());
            }
        }
        Ok(Some(cases))
    }

    /// What the suites say of the set of `owner`.
    pub(super) fn standing(&self, owner: &Owner) -> Standing {
        match owner {
            Owner::Case(case) if !self.suites.contains(case.suite()) => Standing::NoSuite,
            Owner::Case(case) if self.external.contains(case.suite()) => Standing::Unlisted,
            Owner::Case(case) if !self.bare.contains(&bare(case)) => Standing::CaseGone,
            _ => Standing::Needed,
        }
    }

    /// Whether the suites have the case with these parameters, run with the models of `setup`. A setup that the project
    /// does not know may have had any.
    pub(super) fn is_planned(&self, setup: &str, owner: &Owner) -> bool {
        if matches!(owner, Owner::Case(case) if self.external.contains(case.suite())) {
            return true;
        }
        let known = self.planned.get(setup);
        matches!(owner, Owner::Session) || known.is_none_or(|ids| ids.contains(&owner.to_string()))
    }
}

/// The case without its parameters.
fn bare(case: &CaseId) -> String {
    let name = case.case().split('[').next().unwrap_or_default();
    format!("{}::{name}", case.suite())
}

/// Bodies that no set of the setup mentions; none if a file cannot be read, which might mention any.
pub(super) fn unmentioned(store: &Store, survey: &Survey) -> Vec<PathBuf> {
    let mut mentioned = BTreeSet::new();
    for path in &survey.sets {
        let Some(text) = store.text(path) else { return Vec::new() };
        mentioned.extend(bodies_of(&text));
    }
    let is_dead = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !mentioned.contains(&format!("{BODIES}/{name}"))
    };
    survey.bodies.iter().filter(is_dead).cloned().collect()
}

/// Temporary files that nobody is writing any more.
pub(super) fn left_over(survey: &Survey, now: SystemTime) -> Vec<PathBuf> {
    let is_stale = |path: &&PathBuf| {
        let written = path.symlink_metadata().and_then(|metadata| metadata.modified());
        written.is_ok_and(|written| now.duration_since(written).is_ok_and(|age| age > STALE))
    };
    survey.left_over.iter().filter(is_stale).cloned().collect()
}
