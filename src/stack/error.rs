//! Why there is no stack.

use super::log_end::LogEnd;
use super::{PortOwner, Unready};
use crate::process;
use crate::source::Diagnostic;
use crate::starter::{ConfigError, ServeError};
use std::path::PathBuf;
use std::time::Duration;

/// Why there is no stack.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The embedded stack cannot play this.
    #[error("the embedded stack cannot play `{config}`; it needs an installed Llama Stack or OGX")]
    NotEmbedded {
        /// The config.
        config: String,
    },
    /// Nothing that runs containers answers.
    #[error("nothing that runs containers answers: {}", tried.join("; "))]
    NoContainers {
        /// What was tried, each with what it complains of.
        tried: Vec<String>,
    },
    /// What an image is built from cannot be read.
    #[error("the image `{name}` cannot be built: {}: {source}", path.display())]
    ImageSource {
        /// The image.
        name: String,
        /// What cannot be read.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// An image could not be had.
    #[error("the image `{image}` is not there: `{client} {what}` failed ({status})")]
    Image {
        /// `pull` or `build`.
        what: &'static str,
        /// The image.
        image: String,
        /// The command.
        client: String,
        /// How it ended.
        status: String,
        /// What its log ends with.
        end: LogEnd,
    },
    /// A container ended before its server was ready.
    #[error("the container of `{image}` ended before its server was ready: {status}")]
    ContainerDied {
        /// The image.
        image: String,
        /// The command.
        client: String,
        /// How it ended.
        status: String,
        /// What its log ends with, if it has one.
        end: Option<LogEnd>,
    },
    /// A healthy server is on the port of a container.
    #[error(
        "port {port} is taken by a server that runs already ({owner}); a container has a port of its own"
    )]
    PortTaken {
        /// The port.
        port: u16,
        /// Who holds it.
        owner: PortOwner,
    },
    /// A run config or an option in it is wrong.
    #[error("{}", first(.0))]
    Config(Vec<Diagnostic>),
    /// The embedded stack does not have a provider.
    #[error(transparent)]
    Provider(#[from] ConfigError),
    /// The embedded stack does not serve.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// No port could be had for the embedded stack.
    #[error("no port for the embedded stack: {0}")]
    Listen(#[source] std::io::Error),
    /// No HTTP client could be made.
    #[error("no HTTP client: {0}")]
    Client(#[source] reqwest::Error),
    /// Something else is on the port.
    #[error("port {port} is taken by {owner}, which is no healthy stack: {saw}")]
    ForeignPort {
        /// The port.
        port: u16,
        /// Who holds it.
        owner: PortOwner,
        /// What it answered.
        saw: String,
    },
    /// A server answers, it was to be restarted, and it is not ours to stop.
    #[error("the server on port {port} ({owner}) was not started by this run and is not ours to restart")]
    NotOurs {
        /// The port.
        port: u16,
        /// Who holds it.
        owner: PortOwner,
    },
    /// A URL at which nothing listens.
    #[error("nothing answers at {url}: {why}")]
    Unreachable {
        /// The URL, without credentials.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// Its process does not run.
    #[error(transparent)]
    Process(#[from] process::Error),
    /// The server ended before it was ready.
    #[error("the server ended before it was ready: {status}")]
    DiedEarly {
        /// How it ended.
        status: String,
        /// What its log ends with.
        end: LogEnd,
    },
    /// The time for becoming ready is over.
    #[error("the stack at {url} is not ready after {after:?}: {unready}")]
    NotReady {
        /// The URL, without credentials.
        url: String,
        /// How long was waited.
        after: Duration,
        /// What is missing.
        unready: Unready,
        /// What its log ends with, if it has one.
        end: Option<LogEnd>,
    },
    /// The run was stopped meanwhile.
    #[error("stopped while waiting for the stack")]
    Cancelled,
}

fn first(diagnostics: &[Diagnostic]) -> String {
    diagnostics.first().map_or_else(|| "the run config is wrong".to_owned(), Diagnostic::one_line)
}

/// What to do where a Python stack says that it lacks a module.
fn missing_module(end: &LogEnd) -> Option<String> {
    let line = end.lines().iter().rev().find_map(|line| line.split_once("No module named '"))?.1;
    let module = line.split('\'').next()?;
    Some(format!(
        "its Python has no module `{module}`: `llama stack list-deps <config>` or `ogx stack list-deps <config>` names what \
         a config needs"
    ))
}

impl Error {
    /// The messages to show, with hints and the tail of the log.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            Self::Config(diagnostics) => diagnostics.clone(),
            _ => vec![self.diagnostic()],
        }
    }

    /// The message to show, with a hint and the tail of the log; the first one if there are several.
    pub fn diagnostic(&self) -> Diagnostic {
        let mut diagnostic = match self {
            Self::Config(diagnostics) if !diagnostics.is_empty() => return diagnostics[0].clone(),
            _ => Diagnostic::new(self.to_string()),
        };
        if let Some(end) = self.log_end() {
            diagnostic = end.noted(diagnostic);
        }
        match self.hint() {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }

    /// What the log ends with that says more.
    pub fn log_end(&self) -> Option<&LogEnd> {
        match self {
            Self::DiedEarly { end, .. } | Self::Image { end, .. } => Some(end),
            Self::NotReady { end, .. } | Self::ContainerDied { end, .. } => end.as_ref(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotEmbedded { .. } => {
                "activate the venv of one (`stack-test doctor` shows what is found), or use `starter`"
                    .to_owned()
            }
            Self::NoContainers { .. } => {
                "start its daemon or machine, or name another command: `containers: { command: podman }` in stack-test.yaml"
                    .to_owned()
            }
            Self::Image { what, image, client, end, .. } => {
                let log = end.whole();
                match *what {
                    "pull" => format!(
                        "check its name, log in (`{client} login`), or say under `containers: images:` in stack-test.yaml \
                         what `{image}` is; {log}"
                    ),
                    _ => log,
                }
            }
            Self::ContainerDied { client, status, end, .. } => {
                let why = match status.as_str() {
                    "exit status 125" => format!("`{client} run` itself failed; "),
                    "exit status 126" | "exit status 127" => "the runtime could not start it; ".to_owned(),
                    "exit status 137" => "it was killed: out of memory, or by somebody; ".to_owned(),
                    _ => String::new(),
                };
                format!("{why}{}", end.as_ref().map(LogEnd::whole).unwrap_or_default())
            }
            Self::PortTaken { port, .. } => {
                let other = port.wrapping_add(1).max(1024);
                format!("stop it, choose another port (`docker:<image>:{other}`), or take it as it is: `http://127.0.0.1:{port}`")
            }
            Self::ForeignPort { port, .. } => {
                let other = port.wrapping_add(1).max(1024);
                let url = format!("http://127.0.0.1:{port}");
                format!(
                    "stop it, choose another port (`server:<config>:{other}`), or take it as it is: `{url}`"
                )
            }
            Self::NotOurs { .. } => "stop it yourself, or run without forcing a restart".to_owned(),
            Self::Unreachable { .. } => {
                "start the server first, or let `server:<config>` start one".to_owned()
            }
            Self::DiedEarly { end, .. } => {
                let log = end.whole();
                missing_module(end).map_or_else(|| log.clone(), |hint| format!("{hint}; {log}"))
            }
            Self::NotReady { unready, end, .. } => {
                let hints = unready.hint().into_iter().chain(end.as_ref().map(LogEnd::whole));
                hints.reduce(|hint, log| format!("{hint}; {log}"))?
            }
            _ => return None,
        })
    }
}
