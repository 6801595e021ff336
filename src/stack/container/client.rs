//! The command that containers are run by.

use crate::process::{self, Child, Launch, printed};
use crate::stack::Error;
use std::path::PathBuf;
use std::time::Duration;

/// The label that says which run a container is of.
pub(super) const LABEL: &str = "stack-test.run";

/// How long a question may take; a daemon that has just been started takes its time.
const ANSWER: Duration = Duration::from_secs(20);

/// How long a removal may take.
const REMOVAL: Duration = Duration::from_secs(60);

/// How long the removal of something that is dropped may take.
const LAST_MOMENT: Duration = Duration::from_secs(5);

/// The command of docker, of podman, or of one that is like them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The program.
    pub program: PathBuf,
    /// What stands before every subcommand: `--runtime runc`.
    pub args: Vec<String>,
}

impl Client {
    /// Whether it runs containers: one whose daemon is dead does not.
    ///
    /// # Errors
    /// What it complains of.
    pub async fn answers(&self) -> Result<(), String> {
        self.ask(&["info"]).await.map(drop)
    }

    /// The first of `candidates` that answers.
    ///
    /// # Errors
    /// None does; why not, for each.
    pub(super) async fn find(candidates: &[Self]) -> Result<&Self, Error> {
        let mut tried = Vec::new();
        for client in candidates {
            match client.answers().await {
                Ok(()) => return Ok(client),
                Err(why) => tried.push(format!("`{}`: {why}", client.shown())),
            }
        }
        Err(Error::NoContainers { tried })
    }

    /// Its name.
    pub(in crate::stack) fn shown(&self) -> String {
        let words = std::iter::once(self.name()).chain(self.args.iter().cloned());
        words.collect::<Vec<_>>().join(" ")
    }

    /// The name of its program.
    pub(in crate::stack) fn name(&self) -> String {
        self.program.file_stem().unwrap_or(self.program.as_os_str()).to_string_lossy().into_owned()
    }

    /// Whether it is podman, which has some habits of its own.
    pub(super) fn is_podman(&self) -> bool {
        self.name().starts_with("podman")
    }

    /// What is run for `words`.
    pub(super) fn launch(&self, words: impl IntoIterator<Item = impl Into<String>>) -> Launch {
        let args = self.args.iter().cloned().chain(words.into_iter().map(Into::into)).collect();
        Launch { program: self.program.clone(), args, ..Launch::default() }
    }

    /// What it says to `words`.
    ///
    /// # Errors
    /// What it complains of.
    pub(super) async fn ask(&self, words: &[&str]) -> Result<String, String> {
        self.answer(words, ANSWER).await
    }

    async fn answer(&self, words: &[&str], limit: Duration) -> Result<String, String> {
        match printed(&self.launch(words.iter().copied()), limit).await {
            Ok(printed) => match printed.ended.as_deref() {
                Some(Child::WELL) => Ok(printed.stdout),
                Some(_) => Err(printed.complaint().to_owned()),
                None => Err(format!("{} does not answer within {limit:?}", self.program.display())),
            },
            Err(process::Error::Spawn { source, .. }) => Err(source.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The id of the container of that name, if it is there and has the label of that run.
    ///
    /// # Errors
    /// What the client complains of: then nothing is known.
    pub(in crate::stack) async fn labelled(&self, name: &str, run: &str) -> Result<Option<String>, String> {
        let label = format!("label={LABEL}={run}");
        let list = ["ps", "--all", "--no-trunc", "--filter", &label, "--format", "{{.ID}} {{.Names}}"];
        let listed = self.ask(&list).await?;
        let mut rows = listed.lines().filter_map(|line| line.trim().split_once(' '));
        Ok(rows.find(|(_, named)| *named == name).map(|(id, _)| id.to_owned()))
    }

    /// Removes a container by its id or name, whether it runs or not.
    ///
    /// # Errors
    /// What the client complains of.
    pub(in crate::stack) async fn remove(&self, container: &str) -> Result<(), String> {
        self.answer(&self.removal(container), REMOVAL).await.map(drop)
    }

    /// The same where nothing can be awaited; whether it is known to be gone.
    pub(super) fn remove_blocking(&self, container: &str) -> bool {
        process::run_blocking(&self.launch(self.removal(container)), LAST_MOMENT)
    }

    fn removal<'a>(&self, container: &'a str) -> Vec<&'a str> {
        // Docker kills at once; podman asks first, for ten seconds.
        let at_once: &[&str] = if self.is_podman() { &["--time", "0"] } else { &[] };
        ["rm", "--force", "--volumes"].iter().chain(at_once).copied().chain([container]).collect()
    }
}
