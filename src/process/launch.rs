//! What is to be run.

use std::path::PathBuf;
use tokio::process::Command;

/// What is to be run.
#[derive(Clone, Default)]
pub struct Launch {
    /// The program; a bare name is looked for on PATH.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables on top of our own environment; the last one of a name counts.
    pub env: Vec<(String, String)>,
    /// Where it runs; where we do, if it is not said.
    pub cwd: Option<PathBuf>,
}

impl Launch {
    /// The command, at the head of a group of its own: Ctrl-C is for us to act on.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).envs(self.env.iter().map(|(name, value)| (name, value))).kill_on_drop(true);
        if let Some(cwd) = &self.cwd {
            command.current_dir(cwd);
        }
        #[cfg(unix)]
        command.process_group(0);
        command
    }
}
