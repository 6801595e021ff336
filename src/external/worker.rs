//! A process that lists or runs tests and is spoken with.

use super::adapter::Enlisting;
use super::control::{Control, Heard};
use super::message::{Answer, Said};
use super::{Error, Tool, Workshop};
use crate::process::Child;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

/// How long a process may take to end once it is asked to.
const GRACE: Duration = Duration::from_secs(2);
/// What a process said last may be heard so long after its end, and it may live so long after it hung up.
const LAST_WORDS: Duration = Duration::from_millis(500);
const HANG_UP: Duration = Duration::from_secs(5);

/// What a process is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Collect,
    /// The same, and the process is to stay and run the tests if it can.
    CollectAndStay,
    Run,
}

/// A process that is spoken with. It is killed with its group when it is dropped.
pub struct Worker {
    child: Child,
    control: Control,
    /// The connection ended first: what it is waited for.
    hung_up: bool,
}

/// Why nothing more is to be heard of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// It ended, in these words: `signal 11`.
    Ended(String),
    /// It hung up, and did not end.
    HungUp,
    /// What it said made no sense.
    Nonsense(String),
}

impl Worker {
    /// A process of `tool` that will ask for tests: the one that listed them, if it has stayed, else a new one. `files` are those that hold them, for a runner that must be told.
    ///
    /// # Errors
    /// It cannot be started.
    pub async fn start(tool: &Tool, workshop: &Workshop, files: &[String]) -> Result<Self, Error> {
        if let Some(mut worker) = workshop.take(tool).filter(|worker| worker.child.ended().is_none()) {
            worker.say(&Answer::Begin { stack_url: &tool.stack_url, options: &tool.options() }).await;
            return Ok(worker);
        }
        Self::spawn(tool, workshop, Phase::Run, files).await
    }

    pub(super) async fn spawn(
        tool: &Tool,
        workshop: &Workshop,
        phase: Phase,
        files: &[String],
    ) -> Result<Self, Error> {
        let control = Control::listen().await.map_err(Error::Port)?;
        let mut launch = tool.launch(workshop)?;
        let scripts = workshop.scripts(tool.adapter)?;
        let inherited = |name: &str| workshop.inherited(name);
        (tool.adapter.enlist)(&mut launch, &Enlisting { scripts: &scripts, inherited: &inherited, files });
        let word = if phase == Phase::Run { "run" } else { "collect" };
        launch.env.extend(control.env());
        launch.env.push(("STACK_TEST_PHASE".to_owned(), word.to_owned()));
        launch.env.push(("STACK_TEST_OPTIONS".to_owned(), Value::Object(tool.options()).to_string()));
        if cfg!(unix) {
            launch.env.push(("STACK_TEST_OWN_GROUP".to_owned(), "1".to_owned()));
        }
        if phase == Phase::CollectAndStay {
            launch.env.push(("STACK_TEST_STAY".to_owned(), "1".to_owned()));
        }
        let log = workshop.log(&tool.suite, (phase == Phase::Collect).then_some(word));
        let child = Child::spawn(&launch, log, GRACE)?;
        Ok(Self { child, control, hung_up: false })
    }

    /// What it says next. May be dropped and called again.
    ///
    /// # Errors
    /// Nothing more is to be heard.
    pub async fn hear(&mut self) -> Result<Said, Lost> {
        loop {
            let heard = tokio::select! {
                biased;
                heard = self.control.hear() => heard,
                how = self.child.wait() => self.last_words(how).await?,
                () = tokio::time::sleep(HANG_UP), if self.hung_up => return Err(Lost::HungUp),
            };
            match heard {
                Heard::Said(said) => return Ok(said.cut()),
                Heard::Nonsense(what) => return Err(Lost::Nonsense(what)),
                Heard::Closed => self.hung_up = !self.control.is_open(),
            }
        }
    }

    /// What it said before it ended, if that is not heard yet.
    async fn last_words(&mut self, how: String) -> Result<Heard, Lost> {
        if self.hung_up {
            return Err(Lost::Ended(how));
        }
        match timeout(LAST_WORDS, self.control.hear()).await {
            Ok(Heard::Closed) if !self.control.is_open() => Err(Lost::Ended(how)),
            Ok(heard) => Ok(heard),
            Err(_) => Err(Lost::Ended(how)),
        }
    }

    /// Answers it.
    pub async fn say(&mut self, answer: &Answer<'_>) {
        self.control.say(answer).await;
    }

    /// Waits for it to end by itself, and ends it if it does not; how it ended, if it ended by a signal or had to be ended.
    pub async fn end(self, within: Duration) -> Option<String> {
        match timeout(within, self.child.wait()).await {
            Ok(how) => how.starts_with("signal").then_some(how),
            Err(_) => {
                self.child.stop().await;
                Some(format!("it had to be ended, as it took more than {within:?} after its last test"))
            }
        }
    }

    /// Asks it to end, ends it if it does not, and returns when it has.
    pub async fn stop(self) {
        self.child.stop().await;
    }

    /// The last lines of its log.
    pub fn tail(&self) -> Vec<String> {
        self.child.log().tail()
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        self.child.log().path()
    }

    pub(super) async fn wait(&self) -> String {
        self.child.wait().await
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("child", &self.child).finish_non_exhaustive()
    }
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ended(how) => write!(f, "it ended: {how}"),
            Self::HungUp => f.write_str("it hung up, and did not end"),
            Self::Nonsense(what) => write!(f, "it made no sense: {what}"),
        }
    }
}
