//! What lies below a recordings folder. Names only: nothing is opened, no link is followed.

use super::store::TEMPORARY;
use super::{Error, Store};
use crate::recording::{BODIES, name_of};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Suites are not deeper; nor is what we write.
const DEEPEST: usize = 32;

/// What lies in the folder of a setup, each list sorted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Files that should be sets.
    pub sets: Vec<PathBuf>,
    /// Bodies that are kept apart.
    pub bodies: Vec<PathBuf>,
    /// Temporary files that a run left behind when it was killed.
    pub left_over: Vec<PathBuf>,
    /// What nobody put there on purpose, and why it cannot be used: links, other files, folders that are too deep.
    pub strange: Vec<(PathBuf, &'static str)>,
}

/// The setups that have recordings below `root`, by name. One whose folder's name was cut goes by the folder's name.
///
/// # Errors
/// The folder cannot be read. One that is not there has no setups.
pub fn setups(root: &Path) -> Result<Vec<(String, Store)>, Error> {
    let mut found = Vec::new();
    for (path, kind) in entries(root)? {
        let Some(folder) = path.file_name().and_then(|name| name.to_str()).filter(|_| kind.is_dir()) else {
            continue;
        };
        // What belongs to somebody else is left alone: `.git`, `.DS_Store`.
        if !folder.starts_with('.') {
            let name = name_of(folder).unwrap_or_else(|| folder.to_owned());
            found.push((name, Store::of_folder(root, folder)));
        }
    }
    Ok(found)
}

/// What lies below `folder`, the folder of a setup.
///
/// # Errors
/// A folder cannot be read.
pub(super) fn survey(folder: &Path) -> Result<Survey, Error> {
    let mut survey = Survey::default();
    walk(folder, 0, &mut survey)?;
    let Survey { sets, bodies, left_over, strange } = &mut survey;
    [sets, bodies, left_over].into_iter().for_each(|paths| paths.sort());
    strange.sort();
    Ok(survey)
}

fn walk(folder: &Path, depth: usize, survey: &mut Survey) -> Result<(), Error> {
    let in_bodies = depth == 1 && folder.ends_with(BODIES);
    for (path, kind) in entries(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if kind.is_symlink() {
            survey.strange.push((path, "a symbolic link; recordings must be plain files"));
        } else if kind.is_dir() && depth < DEEPEST && !in_bodies {
            walk(&path, depth + 1, survey)?;
        } else if kind.is_dir() {
            survey.strange.push((path, "a folder where recordings have none"));
        } else if !kind.is_file() {
            survey.strange.push((path, "no plain file"));
        } else if name.starts_with(TEMPORARY) {
            survey.left_over.push(path);
        } else if in_bodies {
            survey.bodies.push(path);
        } else if name.ends_with(".json") {
            survey.sets.push(path);
        } else if !name.starts_with('.') {
            survey.strange.push((path, "no recording: those end in .json"));
        }
    }
    Ok(())
}

/// What is in `folder`; nothing if it is not there.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, fs::FileType)>, Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        found.push((entry.path(), entry.file_type().map_err(failed)?));
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}
