//! Names that stand for nothing: a typing error must not pass for "all is well".

use super::chosen::{Recordings, stands_for, unreadable};
use crate::app::error::CommandError;
use crate::gateway::{Store, setups};
use crate::recording::{Owner, SESSION, owner_of};
use crate::source::{Diagnostic, nearest};
use std::collections::BTreeSet;
use std::path::Path;

impl Recordings<'_> {
    /// That the folder holds the recordings of at least one setup.
    ///
    /// # Errors
    /// It does not, is not there, or cannot be read.
    pub(super) fn check_folder(&self) -> Result<(), CommandError> {
        let shown = self.shown(&self.root);
        if !self.root.is_dir() {
            let error = Diagnostic::new(format!("there is no folder `{shown}`"));
            return Err(CommandError::usage(vec![
                error.hint("name the recordings folder with --recordings"),
            ]));
        }
        for (_, store) in setups(&self.root).map_err(unreadable)? {
            if store.survey().map_err(unreadable)?.sets.iter().any(|path| is_set(&store, path)) {
                return Ok(());
            }
        }
        let error = Diagnostic::new(format!("`{shown}` is no recordings folder"));
        let hint = "it should hold a folder for each setup, such as `default`, with recordings in it";
        Err(CommandError::usage(vec![error.hint(hint)]))
    }

    /// That each name stands for a recording.
    ///
    /// # Errors
    /// One does not, or a folder cannot be read.
    pub(super) fn check_names(&self) -> Result<(), CommandError> {
        if self.names.is_empty() { Ok(()) } else { self.check_names_among(self.owners(&self.stores()?)?) }
    }

    /// That each name stands for one of `owners`.
    ///
    /// # Errors
    /// One does not.
    pub(super) fn check_names_among(&self, owners: BTreeSet<Owner>) -> Result<(), CommandError> {
        let nothing = |(_, name): &&(String, String)| {
            !name.is_empty() && !owners.iter().any(|owner| stands_for(name, owner))
        };
        let unknown: Vec<_> = self.names.iter().filter(nothing).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let known = words(&owners);
        let place = self.shown(&self.root);
        let of = self.setup.as_ref().map_or_else(String::new, |setup| format!(" of the setup `{setup}`"));
        let error = |(typed, name): &(String, String)| {
            let error = Diagnostic::new(format!("`{typed}` names no recording{of} in `{place}`"));
            match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`stack-test recordings list` lists them"),
            }
        };
        Err(CommandError::usage(unknown.into_iter().map(error).collect()))
    }

    /// Whose recordings there are, by the names of the files and by what is in them.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub(super) fn owners(&self, stores: &[(String, Store)]) -> Result<BTreeSet<Owner>, CommandError> {
        let mut owners = BTreeSet::new();
        for (_, store) in stores {
            for path in store.survey().map_err(unreadable)?.sets {
                owners.extend(store.text(&path).and_then(|text| owner_of(&text)));
                owners.insert(store.owner_at(&path));
            }
        }
        Ok(owners)
    }
}

/// Whether a set lies at `path`, if only a broken one.
fn is_set(store: &Store, path: &Path) -> bool {
    let Some(text) = store.text(path) else { return false };
    match owner_of(&text) {
        Some(owner) => store.path(&owner) == path,
        None => text.contains("\"stack-test-recording\""),
    }
}

/// What could have been meant: cases with and without parameters, suites, and the folders above them.
fn words(owners: &BTreeSet<Owner>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for owner in owners {
        let Owner::Case(case) = owner else {
            words.insert(SESSION.to_owned());
            continue;
        };
        let id = owner.to_string();
        words.extend(id.split_once('[').map(|(bare, _)| bare.to_owned()));
        words.insert(id);
        let suite = case.suite();
        words.extend(suite.match_indices('/').map(|(at, _)| suite[..at].to_owned()));
        words.insert(suite.to_owned());
    }
    words
}
