//! Recordings as they were: files of a git revision, asked of git itself.
//!
//! The `stack` room spawns the processes that are under test. Git is no such thing, and only this file needs it.

use crate::source::Diagnostic;
use std::path::Path;
use std::process::{Command, Stdio};

/// A revision, seen from a folder.
pub(super) struct Revision<'a> {
    folder: &'a Path,
    /// The commit's own name: what the user wrote cannot be taken for an option any more.
    commit: String,
}

impl<'a> Revision<'a> {
    /// Finds `name` in the repository that `folder` is in.
    ///
    /// # Errors
    /// There is no git, no repository, or no such revision.
    pub(super) fn find(folder: &'a Path, name: &str) -> Result<Self, Diagnostic> {
        let wanted = format!("{name}^{{commit}}");
        let found = git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
        match found {
            Some(output) => Ok(Self { folder, commit: String::from_utf8_lossy(&output).trim().to_owned() }),
            None => Err(Diagnostic::new(format!(
                "`{}` is in no git repository that has a revision `{name}`",
                folder.display()
            ))
            .hint("`git log --oneline` lists revisions; `HEAD` is the last commit")),
        }
    }

    /// The files below the folder that are not now what they were, or not there any more, or not yet; by their paths
    /// below the folder.
    ///
    /// # Errors
    /// Git fails.
    pub(super) fn changed(&self) -> Result<Vec<String>, Diagnostic> {
        let diff = ["diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z"];
        let tracked = self.must(&[&diff[..], &[&self.commit, "--", "."]].concat())?;
        let new = self.must(&["ls-files", "--others", "-z", "--", "."])?;
        let mut files: Vec<String> = [tracked, new]
            .iter()
            .flat_map(|list| list.split(|byte| *byte == 0))
            .filter(|name| !name.is_empty())
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect();
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// The file at `path` below the folder as it was; `None` if it was not there.
    ///
    /// # Errors
    /// There is no git any more.
    pub(super) fn file(&self, path: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        git(self.folder, &["cat-file", "blob", &format!("{}:./{path}", self.commit)])
    }

    /// The files that were below the folder, by their paths below it.
    ///
    /// # Errors
    /// Git fails.
    pub(super) fn files(&self) -> Result<Vec<String>, Diagnostic> {
        let list = self.must(&["ls-tree", "-r", "--name-only", "-z", &self.commit])?;
        let names = list.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    }

    fn must(&self, args: &[&str]) -> Result<Vec<u8>, Diagnostic> {
        git(self.folder, args)?.ok_or_else(|| Diagnostic::new(format!("`git {}` failed", args[0])))
    }
}

/// What `git` prints in `folder`; `None` if it fails.
#[expect(
    clippy::disallowed_methods,
    reason = "git is no process under test; this is the only place that asks it"
)]
fn git(folder: &Path, args: &[&str]) -> Result<Option<Vec<u8>>, Diagnostic> {
    let output = Command::new("git").arg("-C").arg(folder).args(args).stdin(Stdio::null()).output();
    let output = output.map_err(|error| {
        Diagnostic::new(format!("`git` cannot be started: {error}"))
            .hint("install git; `recordings diff` and `rekey --since` ask it")
    })?;
    Ok(output.status.success().then_some(output.stdout))
}
