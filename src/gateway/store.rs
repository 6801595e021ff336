//! The one place that opens recordings.
//!
//! `<root>/<setup>/<suite path>/<case>.json`, `_session.json` for calls outside cases, `_bodies/` for large bodies. A file
//! is replaced by writing a temporary one beside it, syncing, renaming and syncing the folder: whatever happens, there is
//! the old set or the new one.
#![expect(clippy::disallowed_methods, reason = "this is the room's only place that opens files")]

use super::Error;
use super::survey::{Survey, survey};
use crate::model::CaseId;
use crate::recording::{
    BODIES, FormatError, Owner, Problem, SESSION, Set, bodies_of, component, name_of, owner_of, parse,
    suite_component, write,
};
use bytes::Bytes;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Begins the names of temporary files; what is left over of them is ignored, and cleaned before recording.
pub(super) const TEMPORARY: &str = ".stack-test-";

/// The recordings of one setup.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    setup: PathBuf,
    /// Held while bodies kept apart come and go, so that none is removed that another set is about to refer to.
    bodies: Arc<Mutex<()>>,
}

/// What became of a set that was given to [`Store::save`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// The file is as it was.
    Unchanged,
    /// The file was written.
    Written,
    /// There is nothing to keep, and no file any more.
    Removed,
}

impl Store {
    /// The recordings of `setup` below the folder `root`. Nothing is opened yet.
    pub fn new(root: &Path, setup: &str) -> Self {
        Self::of_folder(root, &suite_component(setup))
    }

    /// The recordings in `folder`, which is a setup's below `root`.
    pub(super) fn of_folder(root: &Path, folder: &str) -> Self {
        Self { root: root.to_owned(), setup: root.join(folder), bodies: Arc::default() }
    }

    /// The setup's folder.
    pub fn folder(&self) -> &Path {
        &self.setup
    }

    /// What lies in the setup's folder.
    ///
    /// # Errors
    /// A folder cannot be read, or is a symbolic link.
    pub fn survey(&self) -> Result<Survey, Error> {
        self.plain(&self.setup)?;
        survey(&self.setup)
    }

    /// The file of `owner`.
    pub fn path(&self, owner: &Owner) -> PathBuf {
        match owner {
            Owner::Session => self.setup.join(format!("{SESSION}.json")),
            Owner::Case(case) => {
                let mut path = self.setup.clone();
                path.extend(case.suite().split('/').map(suite_component));
                path.push(component(case.case()) + ".json");
                path
            }
        }
    }

    /// Whose file `path` is by its name alone: what is in it may be broken. Names that were cut stay as they are.
    pub fn owner_at(&self, path: &Path) -> Owner {
        let below = path.strip_prefix(&self.setup).unwrap_or(path).with_extension("");
        let mut steps: Vec<String> =
            below.iter().map(|step| step.to_string_lossy().into_owned()).map(named).collect();
        let case = steps.pop().unwrap_or_default();
        if steps.is_empty() && case == SESSION {
            return Owner::Session;
        }
        Owner::Case(CaseId::new(steps.join("/"), case))
    }

    /// The set of `owner`; `None` if there is none.
    ///
    /// # Errors
    /// The file cannot be read, is no recording, or is reached through a symbolic link.
    pub fn load(&self, owner: &Owner) -> Result<Option<Set>, Error> {
        self.load_checked(owner, &mut HashMap::new())
    }

    /// The sets of `owners`, in their order; those that there are. What was found out about a folder is not asked again
    /// for each file in it.
    pub(super) fn load_all(&self, owners: &[Owner]) -> Vec<Result<Option<Set>, Error>> {
        let mut folders = HashMap::new();
        owners.iter().map(|owner| self.load_checked(owner, &mut folders)).collect()
    }

    /// The set in the file at `path`, whosever it says it is; and the text.
    ///
    /// # Errors
    /// The file cannot be read, is no recording, is reached through a symbolic link, or has the name of another case.
    pub fn read(&self, path: &Path) -> Result<(Set, String), Error> {
        self.plain(path)?;
        let text =
            fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        // What names no owner is broken in some way that the reader tells.
        let owner = owner_of(&text).unwrap_or(Owner::Session);
        let found = parse(&text, &owner, &|name| self.body(name))
            .map_err(|error| Error::Recording { path: path.to_owned(), error })?;
        let expected = self.path(&owner);
        if expected != path {
            let line = text.lines().position(|line| line.contains("\"case\"")).unwrap_or_default() + 1;
            let below = path.strip_prefix(&self.setup).unwrap_or(path).with_extension("");
            let expected = below.to_string_lossy().into_owned();
            let problem = Problem::OtherCase { found: owner.to_string(), expected };
            let error = FormatError { line, column: 1, problem };
            return Err(Error::Recording { path: path.to_owned(), error });
        }
        Ok((found, text))
    }

    /// The sets that can be read, of whomever, by path, as many as fit into `most` bytes.
    pub(super) fn all(&self, most: usize) -> Vec<Set> {
        let mut left = most;
        let paths = self.survey().map(|survey| survey.sets).unwrap_or_default();
        let mut sets = Vec::new();
        for path in paths {
            let size =
                fs::metadata(&path).map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX));
            if size > left {
                continue;
            }
            let Ok((set, _)) = self.read(&path) else { continue };
            let bodies: usize =
                set.exchanges.iter().map(|exchange| exchange.response.body.bytes().len()).sum();
            left = left.saturating_sub(size.max(bodies));
            sets.push(set);
        }
        sets
    }

    /// The text of the file at `path`, which need not be a recording; `None` if it is no text or cannot be read.
    pub fn text(&self, path: &Path) -> Option<String> {
        self.plain(path).ok()?.then(|| fs::read_to_string(path).ok())?
    }

    /// Removes the file at `path`, which is below the setup's folder.
    ///
    /// # Errors
    /// It cannot be removed, is reached through a symbolic link, or lies elsewhere.
    pub fn remove(&self, path: &Path) -> Result<(), Error> {
        let failed = |source| Error::Write { path: path.to_owned(), source };
        if !path.starts_with(&self.setup) {
            return Err(failed(io::Error::other("it is none of these recordings")));
        }
        self.plain(path)?;
        fs::remove_file(path).map_err(failed)
    }

    /// A body kept apart; `None` if there is none.
    fn body(&self, name: &str) -> Option<Bytes> {
        let path = self.setup.join(name);
        self.plain(&path).ok()?.then(|| fs::read(&path).ok().map(Bytes::from))?
    }

    fn load_checked(
        &self,
        owner: &Owner,
        folders: &mut HashMap<PathBuf, bool>,
    ) -> Result<Option<Set>, Error> {
        let path = self.path(owner);
        let folder = path.parent().unwrap_or(&self.setup);
        let exists = match folders.get(folder) {
            Some(exists) => *exists,
            None => {
                let exists = self.plain(folder)?;
                folders.insert(folder.to_owned(), exists);
                exists
            }
        };
        if !exists || !is_plain(&path)? {
            return Ok(None);
        }
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Read { path, source }),
        };
        parse(&text, owner, &|name| self.body(name))
            .map(Some)
            .map_err(|error| Error::Recording { path, error })
    }

    /// Makes sure that recordings can be written, and cleans what an earlier run left half-done.
    ///
    /// # Errors
    /// They cannot.
    pub fn prepare(&self) -> Result<(), Error> {
        let failed = |source| Error::Write { path: self.setup.clone(), source };
        self.plain(&self.setup)?;
        fs::create_dir_all(&self.setup).map_err(failed)?;
        tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(&self.setup).map_err(failed)?;
        clean(&self.setup, 0);
        Ok(())
    }

    /// Replaces the set of `set.owner`. What has not changed keeps its bytes; an empty set has no file.
    ///
    /// # Errors
    /// It cannot be written; then the old set is still there.
    pub fn save(&self, set: Set) -> Result<Saved, Error> {
        let path = self.path(&set.owner);
        // A set that cannot be read any more is no reason not to replace it.
        let old = self.load(&set.owner).unwrap_or_else(|error| {
            let _replaced = error;
            None
        });
        self.plain(&path)?;
        let before = fs::read_to_string(&path).map(|text| bodies_of(&text)).unwrap_or_default();
        if set.exchanges.is_empty() {
            let _alone = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
            return match fs::remove_file(&path) {
                Ok(()) => {
                    self.forget(before);
                    Ok(Saved::Removed)
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Saved::Unchanged),
                Err(source) => Err(Error::Write { path, source }),
            };
        }
        let set = match &old {
            Some(old) => set.settle(old),
            None => set,
        };
        if old.as_ref() == Some(&set) {
            return Ok(Saved::Unchanged);
        }
        let written = write(&set);
        let apart = !written.blobs.is_empty() || !before.is_empty();
        let _alone = apart.then(|| self.bodies.lock().unwrap_or_else(PoisonError::into_inner));
        for blob in &written.blobs {
            let path = self.setup.join(&blob.path);
            if !self.plain(&path)? || fs::read(&path).ok().as_deref() != Some(&blob.bytes[..]) {
                replace(&path, &blob.bytes)?;
            }
        }
        replace(&path, written.text.as_bytes())?;
        let now = bodies_of(&written.text);
        self.forget(before.into_iter().filter(|body| !now.contains(body)).collect());
        Ok(Saved::Written)
    }

    /// Removes those of `bodies` that no set of the setup mentions any more. What cannot be found out is kept: a body too
    /// many does no harm.
    fn forget(&self, mut bodies: BTreeSet<String>) {
        if bodies.is_empty() {
            return;
        }
        let Ok(survey) = self.survey() else { return };
        for path in survey.sets {
            let Some(text) = self.text(&path) else { return };
            let mentioned = bodies_of(&text);
            bodies.retain(|body| !mentioned.contains(body));
        }
        for body in bodies {
            let _kept = self.remove(&self.setup.join(body));
        }
    }

    /// Whether `path`, which is below the root, exists.
    ///
    /// # Errors
    /// A step below the root is a symbolic link.
    fn plain(&self, path: &Path) -> Result<bool, Error> {
        let mut at = self.root.clone();
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        for step in below.components() {
            at.push(step);
            if !is_plain(&at)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The name that `step` of a path was made of.
fn named(step: String) -> String {
    name_of(&step).unwrap_or(step)
}

/// Whether there is something at `path`.
///
/// # Errors
/// It is a symbolic link.
fn is_plain(path: &Path) -> Result<bool, Error> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_symlink() => Err(Error::Symlink(path.to_owned())),
        Ok(_) => Ok(true),
        Err(_) => Ok(false),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
        file.write_all(bytes)?;
        readable_like_a_new_file(file.as_file())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        sync_folder(folder)
    };
    write().map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// Temporary files are private; recordings are committed and read by others.
#[cfg(unix)]
fn readable_like_a_new_file(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_like_a_new_file(_file: &fs::File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes temporary files below `folder`; what cannot be removed does no harm.
fn clean(folder: &Path, depth: usize) {
    const DEEPEST: usize = 32;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && depth < DEEPEST && entry.file_name() != BODIES {
            clean(&entry.path(), depth + 1);
        } else if kind.is_file() && entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            let _left_over = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::message::{Body, End, Exchange, Head, Request, Response};

    fn owner(case: &str) -> Owner {
        Owner::Case(CaseId::new("a", case))
    }

    /// A set whose only answer is too long for its file.
    fn large(case: &str, filler: &str) -> Set {
        let request = Request {
            provider: "p".into(),
            method: "GET".into(),
            path: "/".into(),
            query: String::new(),
            content_type: None,
            body: Bytes::new(),
        };
        let response = Response {
            head: Some(Head::new(200, Vec::new())),
            body: Body::Whole(filler.repeat(100_000).into()),
            end: End::Complete,
        };
        Set { owner: owner(case), exchanges: vec![Exchange { request, response }] }
    }

    #[test]
    fn a_body_goes_with_the_last_set_that_needs_it() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::new(root.path(), "s");
        let bodies = || store.survey().unwrap().bodies.len();
        for set in [large("one", "a"), large("two", "a"), large("three", "b")] {
            store.save(set).unwrap();
        }
        assert_eq!(bodies(), 2);
        assert_eq!(store.save(large("one", "b")).unwrap(), Saved::Written);
        assert_eq!(bodies(), 2);
        assert_eq!(store.load(&owner("two")).unwrap(), Some(large("two", "a")));
        assert_eq!(store.save(Set::new(owner("two"))).unwrap(), Saved::Removed);
        assert_eq!(bodies(), 1);
        assert_eq!(store.load(&owner("one")).unwrap(), Some(large("one", "b")));
    }

    #[test]
    fn while_a_set_cannot_be_read_no_body_goes() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::new(root.path(), "s");
        store.save(large("one", "a")).unwrap();
        fs::write(store.path(&owner("two")), b"\xff").unwrap();
        store.save(large("one", "b")).unwrap();
        assert_eq!(store.survey().unwrap().bodies.len(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_refused_however_sets_are_loaded() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::new(root.path(), "s");
        store.save(large("one", "a")).unwrap();
        std::os::unix::fs::symlink(store.path(&owner("one")), store.path(&owner("two"))).unwrap();
        std::os::unix::fs::symlink(store.folder().join("a"), store.folder().join("b")).unwrap();
        let beyond = Owner::Case(CaseId::new("b", "one"));
        let owners = [owner("one"), owner("two"), owner("none"), beyond];
        let loaded = store.load_all(&owners);
        assert!(matches!(
            &loaded[..],
            [Ok(Some(_)), Err(Error::Symlink(_)), Ok(None), Err(Error::Symlink(_))]
        ));
        assert_eq!(store.survey().unwrap().strange.len(), 2);
        assert!(matches!(store.read(&store.path(&owner("two"))), Err(Error::Symlink(_))));
        assert!(matches!(store.remove(&root.path().join("else")), Err(Error::Write { .. })));
    }
}
