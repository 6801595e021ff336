//! The one place that opens recordings.
//!
//! `<root>/<setup>/<suite path>/<case>.json`, `_session.json` for calls outside cases, `_bodies/` for large bodies. A file
//! is replaced by writing a temporary one beside it, syncing, renaming and syncing the folder: whatever happens, there is
//! the old set or the new one.
#![expect(clippy::disallowed_methods, reason = "this is the room's only place that opens files")]

use super::Error;
use crate::recording::{BODIES, Owner, SESSION, Set, component, parse, suite_component, write};
use bytes::Bytes;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Begins the names of temporary files; what is left over of them is ignored, and cleaned before recording.
const TEMPORARY: &str = ".stack-test-";

/// The recordings of one setup.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    setup: PathBuf,
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
        Self { root: root.to_owned(), setup: root.join(suite_component(setup)) }
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

    /// The set of `owner`; `None` if there is none.
    ///
    /// # Errors
    /// The file cannot be read, is no recording, or is reached through a symbolic link.
    pub fn load(&self, owner: &Owner) -> Result<Option<Set>, Error> {
        let path = self.path(owner);
        if !self.plain(&path)? {
            return Ok(None);
        }
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Read { path, source }),
        };
        let blob = |name: &str| {
            let blob = self.setup.join(name);
            self.plain(&blob).ok()?.then(|| fs::read(&blob).ok().map(Bytes::from))?
        };
        parse(&text, owner, &blob).map(Some).map_err(|error| Error::Recording { path, error })
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
        if set.exchanges.is_empty() {
            return match fs::remove_file(&path) {
                Ok(()) => Ok(Saved::Removed),
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
        for blob in &written.blobs {
            let path = self.setup.join(&blob.path);
            if !self.plain(&path)? || fs::read(&path).ok().as_deref() != Some(&blob.bytes[..]) {
                replace(&path, &blob.bytes)?;
            }
        }
        replace(&path, written.text.as_bytes())?;
        Ok(Saved::Written)
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
            match fs::symlink_metadata(&at) {
                Ok(found) if found.file_type().is_symlink() => return Err(Error::Symlink(at)),
                Ok(_) => {}
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
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
