//! What we started, written down while it runs, so that a later run can end what a killed one left.
//!
//! A file each, `started-<what>.json` in the folder of the run: it appears whole, and goes when what it tells of is gone. It
//! says who is known by what cannot be mistaken: a process by its number and the moment of its start, a container by its
//! name and our label.

use super::Error;
use crate::process::{self, Identity};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

const BEGINNING: &str = "started-";
const FORMAT: u64 = 1;
/// Folders of runs have at most so many levels below them in which something is written down.
const LEVELS: usize = 2;

/// What was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Started {
    /// A process.
    Process {
        identity: Identity,
        /// Whether it leads a group that ends with it.
        leads: bool,
        /// What it is, for people.
        what: String,
    },
    /// A container.
    Container {
        name: String,
        /// The run of its label.
        run: String,
        /// The name of the client that started it.
        client: String,
    },
}

/// What is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) owner: Identity,
    pub(super) realm: String,
    pub(super) started: Started,
}

/// The file, which goes when this is dropped.
#[derive(Debug)]
pub(super) struct Note {
    path: PathBuf,
    is_kept: bool,
}

impl Note {
    /// Writes down, for this process, what was started or is about to be.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub(super) fn write(folder: &Path, started: Started) -> Result<Self, Error> {
        let name = match &started {
            Started::Process { identity, .. } => identity.pid.to_string(),
            Started::Container { name, .. } => name.clone(),
        };
        let path = folder.join(format!("{BEGINNING}{name}.json"));
        let entry = Entry { owner: Identity::own(), realm: Identity::realm(), started };
        let write = || {
            fs::create_dir_all(folder)?;
            let mut file = tempfile::Builder::new().prefix(".stack-test-").tempfile_in(folder)?;
            file.write_all(entry.json().to_string().as_bytes())?;
            file.persist(&path).map(drop).map_err(|error| error.error)
        };
        match write() {
            Ok(()) => Ok(Self { path, is_kept: false }),
            Err(source) => Err(process::Error::Log { path, source }.into()),
        }
    }

    /// Leaves the file for a later run: what it tells of may be there still.
    pub(super) fn keep(&mut self) {
        self.is_kept = true;
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if !self.is_kept {
            remove(&self.path);
        }
    }
}

/// Removes a file of ours; another run may have been faster.
pub(super) fn remove(path: &Path) {
    let _gone_already = fs::remove_file(path);
    // The folder of a run that left nothing else. One that is not empty stays.
    let _not_empty = path.parent().map(fs::remove_dir);
}

/// All that is written down below `runs`, in the order of the files' names. What cannot be read is nobody's.
pub(super) fn read_all(runs: &Path) -> Vec<(PathBuf, Entry)> {
    let mut found = Vec::new();
    let mut folders = vec![(runs.to_owned(), 0)];
    while let Some((folder, level)) = folders.pop() {
        for file in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = file.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(BEGINNING) && name.ends_with(".json") {
                let text = fs::read_to_string(file.path()).unwrap_or_default();
                found.extend(Entry::read(&text).map(|entry| (file.path(), entry)));
            } else if level < LEVELS && file.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push((file.path(), level + 1));
            }
        }
    }
    found.sort_by(|(left, _), (right, _)| left.cmp(right));
    found
}

impl Entry {
    fn json(&self) -> Value {
        let identity = |identity: &Identity| json!({ "pid": identity.pid, "started": identity.started });
        let mut entry = json!({
            "format": FORMAT,
            "realm": self.realm,
            "owner": identity(&self.owner),
        });
        match &self.started {
            Started::Process { identity: process, leads, what } => {
                entry["process"] = identity(process);
                entry["process"]["leads"] = (*leads).into();
                entry["process"]["what"] = what.as_str().into();
            }
            Started::Container { name, run, client } => {
                entry["container"] = json!({ "name": name, "run": run, "client": client });
            }
        }
        entry
    }

    fn read(text: &str) -> Option<Self> {
        let json: Value = serde_json::from_str(text).ok()?;
        if json.get("format")?.as_u64()? != FORMAT {
            return None;
        }
        let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
        let identity = |value: &Value| {
            let pid = u32::try_from(value.get("pid")?.as_u64()?).ok()?;
            Some(Identity { pid, started: value.get("started")?.as_u64() })
        };
        let started = match (json.get("process"), json.get("container")) {
            (Some(process), None) => Started::Process {
                identity: identity(process)?,
                leads: process.get("leads")?.as_bool()?,
                what: text(process, "what")?,
            },
            (None, Some(container)) => Started::Container {
                name: text(container, "name")?,
                run: text(container, "run")?,
                client: text(container, "client")?,
            },
            _ => return None,
        };
        Some(Self { owner: identity(json.get("owner")?)?, realm: text(&json, "realm")?, started })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_goes_with_its_note() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let process = Started::Process { identity: Identity::own(), leads: true, what: "a server".into() };
        let container = Started::Container { name: "n".into(), run: "r".into(), client: "podman".into() };
        let notes = [&process, &container].map(|one| Note::write(&run, one.clone()).unwrap());
        fs::write(run.join("started-torn.json"), "{\"format\":1,").unwrap();
        let started: Vec<_> = read_all(folder.path()).into_iter().map(|(_, entry)| entry.started).collect();
        assert_eq!(started.len(), 2);
        assert!(started.contains(&process) && started.contains(&container));
        drop(notes);
        assert!(read_all(folder.path()).is_empty());
    }
}
