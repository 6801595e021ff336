//! What the process was given. The sole reader of environment, terminals and working directory.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::SystemTime;

/// What the process was given, read once.
#[derive(Debug)]
pub(super) struct Inputs {
    /// The arguments, the command's own name first.
    pub(super) args: Vec<OsString>,
    /// The environment; variables that are no text are left out.
    pub(super) env: BTreeMap<String, String>,
    /// The working directory.
    pub(super) cwd: PathBuf,
    /// Our own binary, for children that are stack-test too.
    pub(super) exe: PathBuf,
    /// Whether standard input is a terminal.
    pub(super) stdin_tty: bool,
    /// Whether standard output is a terminal.
    pub(super) stdout_tty: bool,
    /// Whether standard error is a terminal.
    pub(super) stderr_tty: bool,
    /// When the command began.
    pub(super) now: SystemTime,
}

impl Inputs {
    /// Reads them.
    ///
    /// # Errors
    /// A working directory or an own binary that is gone.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads them")]
    pub(super) fn read() -> std::io::Result<Self> {
        let text =
            |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        Ok(Self {
            args: std::env::args_os().collect(),
            env: std::env::vars_os().filter_map(text).collect(),
            cwd: std::env::current_dir()?,
            exe: std::env::current_exe()?,
            stdin_tty: std::io::stdin().is_terminal(),
            stdout_tty: std::io::stdout().is_terminal(),
            stderr_tty: std::io::stderr().is_terminal(),
            now: SystemTime::now(),
        })
    }

    /// The value of an environment variable, if it is set and not empty.
    pub(super) fn env(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The first of `names` that is set, with its name.
    pub(super) fn first_env<'a>(&'a self, names: &[&'a str]) -> Option<(&'a str, &'a str)> {
        names.iter().find_map(|name| Some((*name, self.env(name)?)))
    }
}
