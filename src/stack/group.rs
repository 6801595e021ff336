//! Signals to a process group. Elsewhere than on Unix there are no groups: the child alone is killed, by its handle.

/// The process group of a server that we started; its id is that of the server, its leader.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group(u32);

impl Group {
    pub(super) fn led_by(pid: u32) -> Self {
        Self(pid)
    }

    /// Whether a process belongs to it, as far as that can be known.
    pub(super) fn has(self, pid: u32) -> bool {
        #[cfg(unix)]
        if let Some(pid) = as_pid(pid) {
            let group = rustix::process::getpgid(Some(pid));
            return group.is_ok_and(|group| Some(group) == as_pid(self.0));
        }
        pid == self.0
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
    pub(super) fn signal(self, signal: rustix::process::Signal) {
        if let Some(pid) = as_pid(self.0) {
            // The only failure is that nobody is left, which is what was wanted.
            let _ = rustix::process::kill_process_group(pid, signal);
        }
    }
}

#[cfg(unix)]
fn as_pid(pid: u32) -> Option<rustix::process::Pid> {
    i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw)
}
