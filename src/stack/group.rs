//! Signals to a process group. Elsewhere than on Unix there are no groups: the child alone is killed, by its handle.

/// The process group of a server that we started; its id is that of the server, its leader.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group(#[cfg_attr(not(unix), expect(dead_code, reason = "no groups here"))] u32);

impl Group {
    pub(super) fn led_by(pid: u32) -> Self {
        Self(pid)
    }

    /// Asks all of it to end.
    pub(super) fn terminate(self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::TERM);
    }

    /// Ends all of it.
    pub(super) fn kill(self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::KILL);
    }

    #[cfg(unix)]
    fn signal(self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.0).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            // The only failure is that nobody is left, which is what was wanted.
            let _ = rustix::process::kill_process_group(pid, signal);
        }
    }
}
