//! Where the processes of other runners have their files.

use super::adapter::Script;
use super::{Adapter, Error, Tool, Worker};
use crate::process::LogRequest;
use crate::text::Redactor;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where the processes of other runners have their files: the run's folder.
#[derive(Debug)]
pub struct Workshop {
    folder: PathBuf,
    cwd: PathBuf,
    env: BTreeMap<String, String>,
    redactor: Redactor,
    /// How many processes were started.
    started: AtomicUsize,
    /// Processes that listed their tests and wait to run them.
    waiting: Mutex<Vec<(Tool, Worker)>>,
}

impl Workshop {
    /// `folder` is the run's; commands run in `cwd` if their suite says nothing else; `env` is our own environment, which
    /// every process inherits; `redactor` hides secrets in their logs.
    pub fn new(folder: PathBuf, cwd: PathBuf, env: BTreeMap<String, String>, redactor: Redactor) -> Self {
        let (started, waiting) = (AtomicUsize::new(0), Mutex::default());
        Self { folder, cwd, env, redactor, started, waiting }
    }

    /// Where commands run.
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    pub(super) fn inherited(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str)
    }

    /// The log of another process of a suite. `of` is a word for what it does, if there is one process for it.
    pub(super) fn log(&self, suite: &str, of: Option<&str>) -> LogRequest {
        let number = self.started.fetch_add(1, Ordering::Relaxed) + 1;
        let of = of.map_or_else(|| number.to_string(), str::to_owned);
        let path = self.folder.join(format!("external-{}-{of}.log", plain(suite)));
        LogRequest { path, redactor: self.redactor.clone() }
    }

    /// A file that no other process has, for the report of one.
    pub fn report(&self, suite: &str) -> PathBuf {
        let number = self.started.fetch_add(1, Ordering::Relaxed) + 1;
        self.folder.join(format!("external-{}-{number}.xml", plain(suite)))
    }

    /// The folder with what the adapter's runner loads.
    ///
    /// # Errors
    /// It cannot be written.
    #[expect(
        clippy::disallowed_methods,
        reason = "writes what a process of ours loads into the run's folder"
    )]
    pub(super) fn scripts(&self, adapter: &Adapter) -> Result<PathBuf, Error> {
        let folder = self.scripts_folder();
        for Script { name, text } in adapter.scripts {
            let path = folder.join(name);
            let failed = |source| Error::Script { path: path.clone(), source };
            if path.exists() {
                continue;
            }
            std::fs::create_dir_all(&folder).map_err(failed)?;
            // Under its name only when it is whole: another process may be about to load it.
            let file = tempfile::NamedTempFile::new_in(&folder).map_err(failed)?;
            std::fs::write(file.path(), text).map_err(failed)?;
            file.persist(&path).map_err(|error| failed(error.error))?;
        }
        Ok(folder)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Tool, Worker)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a process that has listed the tests of `tool` and can run them.
    pub(super) fn keep(&self, tool: Tool, worker: Worker) {
        self.waiting().push((tool, worker));
    }

    /// The process that waits to run the tests of `tool`, if there is one.
    pub(super) fn take(&self, tool: &Tool) -> Option<Worker> {
        let mut waiting = self.waiting();
        let at = waiting.iter().position(|(kept, _)| kept.is_started_as(tool))?;
        Some(waiting.swap_remove(at).1)
    }

    /// Ends the processes that wait to run tests of suites that are not `wanted`.
    pub fn keep_only(&self, wanted: impl Fn(&str) -> bool) {
        let waiting = std::mem::take(&mut *self.waiting());
        let (kept, ended) = waiting.into_iter().partition(|(tool, _)| wanted(&tool.suite));
        self.waiting().extend::<Vec<_>>(kept);
        ended.into_iter().for_each(|(_, worker): (Tool, Worker)| forget(worker.log()));
    }

    fn scripts_folder(&self) -> PathBuf {
        self.folder.join("external")
    }

    /// Takes away what no process needs any more.
    #[expect(clippy::disallowed_methods, reason = "removes what this process made")]
    pub fn tidy(&self) {
        self.keep_only(|_| false);
        let _left = std::fs::remove_dir_all(self.scripts_folder());
    }
}

/// A log that tells only of a list that was understood need not be read by a person.
#[expect(clippy::disallowed_methods, reason = "removes what this process made")]
pub(super) fn forget(log: &Path) {
    let _left = std::fs::remove_file(log);
}

/// A suite's path as a part of a file name.
fn plain(suite: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    suite.chars().map(plain).take(100).collect()
}
