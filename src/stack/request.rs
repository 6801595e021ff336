//! What is asked for.

use super::{ContainerSpec, Runtime};
use crate::stack_config::Target;
use crate::text::Redactor;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How long a server may take to end by itself once asked, where nothing else is wanted.
pub const STOP_GRACE: Duration = Duration::from_secs(5);

/// What is asked for.
#[derive(Clone)]
pub struct StackRequest {
    /// What to start or reach.
    pub target: Target,
    /// Who plays the target's config.
    pub runtime: Runtime,
    /// Variables for the stack that win over those of the process: the providers' base URLs at the gateway, those of the
    /// setup, those of `--env`. The last one of a name counts.
    pub env: Vec<(String, String)>,
    /// Where an installed stack asks providers whose URL is a literal in its run config: type (`groq`) and URL.
    pub provider_urls: Vec<(String, String)>,
    /// The environment of the process.
    pub process_env: BTreeMap<String, String>,
    /// Model ids that the run needs.
    pub wanted_models: Vec<String>,
    /// The folder for `server.log`; it is created where a server is started.
    pub log_dir: PathBuf,
    /// The folder of the folders of all runs, in which servers are known as ours.
    pub runs_dir: PathBuf,
    /// How a container is run; for [`Target::Container`] only.
    pub container: Option<ContainerSpec>,
    /// How long the stack may take to become ready.
    pub ready_timeout: Duration,
    /// How long a server may take to end by itself once asked; usually [`STOP_GRACE`].
    pub stop_grace: Duration,
    /// This program, for `serve <config> --port N --until-stdin-closes`.
    pub exe: PathBuf,
    /// Hides secrets in the server's log.
    pub redactor: Redactor,
    /// Do not reuse a server that answers already.
    pub force_restart: bool,
}

impl StackRequest {
    /// The value of a variable as the stack sees it.
    pub fn lookup(&self, name: &str) -> Option<String> {
        let own = self.env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value);
        own.or_else(|| self.process_env.get(name)).cloned()
    }

    /// Whether `name` is set by [`StackRequest::env`].
    pub(super) fn overrides(&self, name: &str) -> bool {
        self.env.iter().any(|(key, _)| key == name)
    }
}

impl fmt::Debug for StackRequest {
    /// Names of variables only: values may be keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.env.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("StackRequest")
            .field("runtime", &self.runtime)
            .field("env", &names)
            .field("wanted_models", &self.wanted_models)
            .field("log_dir", &self.log_dir)
            .field("ready_timeout", &self.ready_timeout)
            .field("force_restart", &self.force_restart)
            .finish_non_exhaustive()
    }
}
