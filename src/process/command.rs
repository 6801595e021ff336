//! A command of the user's that runs on our terminal, beside a gateway.
//!
//! On a terminal it stays in our process group: it must be able to read from there, and Ctrl-C reaches it without us. Else
//! it leads a group of its own, so that what it starts is signalled with it and ends with it.

use super::Error;
use super::group::Group;
use std::ffi::{OsStr, OsString};
use std::process::ExitStatus;
use tokio::process::{Child, Command};

/// What is passed on to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C. Not passed on where a terminal has done so.
    Interrupt,
    /// The usual request to end.
    Terminate,
    /// The terminal is gone.
    HangUp,
}

/// A command that runs. It is killed when it is dropped.
#[derive(Debug)]
pub struct RunningCommand {
    child: Child,
    group: Group,
    on_terminal: bool,
}

impl RunningCommand {
    /// Runs `program` with our standard streams and environment, and `env` on top.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn spawn(
        program: &OsStr,
        args: &[OsString],
        env: &[(String, String)],
        on_terminal: bool,
    ) -> Result<Self, Error> {
        let mut command = Command::new(program);
        command.args(args).envs(env.iter().map(|(name, value)| (name, value))).kill_on_drop(true);
        #[cfg(unix)]
        if !on_terminal {
            command.process_group(0);
        }
        let child = command.spawn().map_err(|source| Error::Spawn { program: program.into(), source })?;
        let group = Group::led_by(child.id().unwrap_or_default());
        Ok(Self { child, group, on_terminal })
    }

    /// Its exit code when it has ended; that of one that a signal ended is 128 and the signal's number, as shells have it.
    /// May be dropped and called again.
    pub async fn wait(&mut self) -> u8 {
        let status = self.child.wait().await;
        if !self.on_terminal {
            self.group.kill();
        }
        status.map_or(u8::MAX, code)
    }

    /// Passes a signal on.
    pub fn pass_on(&self, signal: Signal) {
        if self.on_terminal && signal == Signal::Interrupt {
            return;
        }
        self.send(signal);
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        if !self.on_terminal {
            self.group.kill();
        }
        // An error says that it has ended already.
        let _ = self.child.start_kill();
    }

    #[cfg(unix)]
    fn send(&self, signal: Signal) {
        let signal = match signal {
            Signal::Interrupt => rustix::process::Signal::INT,
            Signal::Terminate => rustix::process::Signal::TERM,
            Signal::HangUp => rustix::process::Signal::HUP,
        };
        // Once it is reaped it has no number any more, and nobody is signalled in its place.
        let Some(pid) = self.child.id() else { return };
        if !self.on_terminal {
            self.group.signal(signal);
        } else if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
            // The only failure is that it is gone, which is what was wanted.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }

    #[cfg(not(unix))]
    fn send(&self, _signal: Signal) {}
}

impl Drop for RunningCommand {
    fn drop(&mut self) {
        if self.child.id().is_some() {
            self.kill();
        }
    }
}

fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
