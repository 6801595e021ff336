//! New recordings on the way to their place: they lie aside, in the run's folder, until they are proven.

use crate::gateway::{Saved, Store};
use crate::recording::{Owner, Set};
use std::path::{Path, PathBuf};

/// The folder of a run in which recordings wait for their proof.
const FOLDER: &str = "recorded";

/// Each time that a new set is replayed, in words.
pub(in crate::app) const TIMES: [&str; 2] = ["the first time", "the second time"];

/// Where what is recorded in the run with this folder waits for its proof.
pub(in crate::app) fn folder(run: &Path) -> PathBuf {
    run.join(FOLDER)
}

/// Whose recordings they are, in words.
pub(in crate::app) fn named(owner: &Owner) -> String {
    match owner {
        Owner::Session => "the calls outside cases".to_owned(),
        Owner::Case(case) => format!("`{case}`"),
    }
}

/// Recordings that wait for their proof.
pub(in crate::app) struct Aside(Store);

/// What came of putting sets in place.
#[derive(Debug, Default)]
pub(in crate::app) struct Placed {
    pub(in crate::app) written: usize,
    /// Sets that are as they were.
    pub(in crate::app) unchanged: usize,
    /// Why sets could not be written.
    pub(in crate::app) errors: Vec<String>,
}

impl Aside {
    /// Those of `setup` in the run with this folder.
    pub(in crate::app) fn new(run: &Path, setup: &str) -> Self {
        Self(Store::new(&folder(run), setup))
    }

    /// The file of `owner`.
    pub(in crate::app) fn path(&self, owner: &Owner) -> PathBuf {
        self.0.path(owner)
    }

    /// The sets of `owners`, and of whom they cannot be read and why. A case that asked nothing has an empty one.
    pub(in crate::app) fn load<'a>(
        &self,
        owners: impl IntoIterator<Item = &'a Owner>,
    ) -> (Vec<Set>, Vec<(Owner, String)>) {
        let (mut sets, mut broken) = (Vec::new(), Vec::new());
        for owner in owners {
            match self.0.load(owner) {
                Ok(set) => sets.push(set.unwrap_or_else(|| Set::new(owner.clone()))),
                Err(error) => broken.push((owner.clone(), error.to_string())),
            }
        }
        (sets, broken)
    }

    /// Puts `sets` in place of those in `kept`.
    pub(in crate::app) fn put(&self, sets: impl IntoIterator<Item = Set>, kept: &Store) -> Placed {
        let mut placed = Placed::default();
        for set in sets {
            let owner = set.owner.clone();
            match kept.save(set) {
                Ok(Saved::Unchanged) => placed.unchanged += 1,
                Ok(Saved::Written | Saved::Removed) => placed.written += 1,
                Err(error) => {
                    placed.errors.push(error.to_string());
                    continue;
                }
            }
            // What is in place needs no second copy; one that cannot be removed does no harm.
            let _left = self.0.save(Set::new(owner));
        }
        placed
    }
}
