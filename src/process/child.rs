//! A process of ours that runs beside us.
//!
//! Three things keep it from outliving us: it is killed with its group when [`Child`] is stopped or dropped; a task reaps it and
//! kills what is left of its group; and it holds the reading end of a pipe whose writing end closes with us, even on `kill -9`,
//! upon which `serve --until-stdin-closes` ends. What it says comes by a pipe, so that no secret gets into its log.

use super::group::Group;
use super::log::Log;
use super::{Error, Launch, LogRequest};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::ChildStdin;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

/// How long the log of a server that has ended may take to end, too.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A process of ours that runs beside us. It is killed with its group when it is dropped.
#[derive(Debug)]
pub struct Child {
    pid: u32,
    group: Group,
    /// How it ended, once it has.
    ended: watch::Receiver<Option<String>>,
    /// Told to kill the leader, where there are no groups.
    kill: CancellationToken,
    log: Log,
    /// How long it may take to end by itself once asked.
    grace: Duration,
    /// Kept open: its end is the child's sign to stop.
    _stdin: Option<ChildStdin>,
}

impl Child {
    /// How a process ended, in the words of [`Child::wait`], with which nothing is wrong.
    pub const WELL: &str = "exit status 0";

    /// Runs `launch` in a group of its own, its output in the log. When it is stopped, it has `grace` to end by itself.
    ///
    /// # Errors
    /// The log cannot be created, or the program cannot be run.
    pub fn spawn(launch: &Launch, log: LogRequest, grace: Duration) -> Result<Self, Error> {
        let (log, output, logged) = Log::create(log)?;
        let failed = |source| Error::Spawn { program: launch.program.clone(), source };
        let mut command = launch.command();
        command.stdin(Stdio::piped()).stdout(output.try_clone().map_err(failed)?).stderr(output);
        let mut child = command.spawn().map_err(failed)?;
        // It holds our copies of the pipe, which ends when all are closed.
        drop(command);
        let stdin = child.stdin.take();
        let pid = child.id().unwrap_or_default();
        let group = Group::led_by(pid);
        let (sender, ended) = watch::channel(None);
        let kill = CancellationToken::new();
        tokio::spawn(reap(child, group, kill.clone(), (logged, sender)));
        Ok(Self { pid, grace, group, ended, kill, log, _stdin: stdin })
    }

    /// Its number, while it runs.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The group that it leads.
    pub fn group(&self) -> Group {
        self.group
    }

    /// What it says.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// How it ended; pends until it has.
    pub async fn wait(&self) -> String {
        let mut ended = self.ended.clone();
        let status = ended.wait_for(Option::is_some).await.map(|status| status.clone());
        status.ok().flatten().unwrap_or_else(|| "it is not known how".to_owned())
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// How it ended, if not with 0.
    pub async fn wait_well(&self) -> Result<(), String> {
        let how = self.wait().await;
        if how == Self::WELL { Ok(()) } else { Err(how) }
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<String> {
        self.ended.borrow().clone()
    }

    /// Asks it to end, ends it if it does not, and returns when it has.
    pub async fn stop(self) {
        if self.ended().is_some() {
            return;
        }
        self.group.terminate();
        if cfg!(not(unix)) {
            self.kill.cancel();
        }
        if tokio::time::timeout(self.grace, self.wait()).await.is_err() {
            self.group.kill();
            self.kill.cancel();
            self.wait().await;
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Once it is reaped, its number may be somebody else's.
        if self.ended().is_none() {
            self.group.kill();
            self.kill.cancel();
        }
    }
}

async fn reap(
    mut child: tokio::process::Child,
    group: Group,
    kill: CancellationToken,
    (logged, ended): (oneshot::Receiver<()>, watch::Sender<Option<String>>),
) {
    let status = tokio::select! {
        status = child.wait() => status,
        () = kill.cancelled() => {
            // An error says that it has ended already.
            let _ = child.start_kill();
            child.wait().await
        }
    };
    // What the server started goes with it.
    group.kill();
    // What it said last is why it ended. Somebody who left its group may hold the log open.
    let _as_far_as_it_is = tokio::time::timeout(LAST_WORDS, logged).await;
    let words = status.map_or_else(|error| format!("it is not known how: {error}"), in_words);
    ended.send_replace(Some(words));
}

pub(super) fn in_words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.code().map_or_else(|| status.to_string(), |code| format!("exit status {code}"))
}
