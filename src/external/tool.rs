//! What is to be started.

use super::{Adapter, Error, Workshop};
use crate::process::Launch;
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::time::Duration;

/// A runner of somebody else's, ready to be started.
#[derive(Debug, Clone)]
pub struct Tool {
    /// The suite it belongs to, for the names of logs.
    pub suite: String,
    /// How it is spoken with.
    pub adapter: &'static Adapter,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// Variables on top of our own environment.
    pub env: Vec<(String, String)>,
    /// The longest a process may take until it is ready, and may be silent between two tests.
    pub start_timeout: Duration,
    /// The base URL of the stack; one that leads nowhere while there is none.
    pub stack_url: String,
    /// The models to run with, by kind.
    pub models: Map<String, Value>,
}

impl Tool {
    /// The longest a process may take until it is ready, if the suite does not say so.
    pub const START_TIMEOUT: Duration = Duration::from_secs(60);
    /// The base URL of the stack while tests are listed: nothing is started then.
    pub const NO_STACK: &'static str = "http://127.0.0.1:1";

    /// What every process of it is started with.
    pub(super) fn launch(&self, workshop: &Workshop) -> Result<Launch, Error> {
        let (program, args) = self.command.split_first().ok_or(Error::Empty)?;
        let cwd = workshop.cwd().join(&self.cwd);
        // A path is seen from where the process runs, whatever the system makes of it.
        let is_path = program.contains(['/', std::path::MAIN_SEPARATOR]);
        let program = if is_path { cwd.join(program) } else { PathBuf::from(program) };
        let mut env = self.env.clone();
        env.push(("STACK_TEST_STACK_URL".to_owned(), self.stack_url.clone()));
        Ok(Launch { program, args: args.to_vec(), env, cwd: Some(cwd) })
    }

    /// Whether a process that was started for the other may run the tests of this one.
    pub(super) fn is_started_as(&self, other: &Self) -> bool {
        (&self.suite, &self.command) == (&other.suite, &other.command)
            && (&self.cwd, &self.env) == (&other.cwd, &other.env)
    }

    /// What the runner's own options may be set to.
    pub(super) fn options(&self) -> Map<String, Value> {
        let mut options = Map::from_iter([("stack_config".to_owned(), Value::from(self.stack_url.as_str()))]);
        options.extend(self.models.clone());
        options
    }
}
