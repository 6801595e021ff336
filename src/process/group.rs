//! Signals to a process group. Elsewhere than on Unix there are no groups: the child alone is killed, by its handle.

/// The process group of a process that we started; its id is that of its leader.
#[derive(Debug, Clone, Copy)]
pub struct Group(u32);

impl Group {
    /// The group whose leader is the process `pid`.
    pub fn led_by(pid: u32) -> Self {
        Self(pid)
    }

    /// Whether a process belongs to it, as far as that can be known.
    pub fn has(self, pid: u32) -> bool {
        #[cfg(unix)]
        if let Some(pid) = as_pid(pid) {
            let group = rustix::process::getpgid(Some(pid));
            return group.is_ok_and(|group| Some(group) == as_pid(self.0));
        }
        pid == self.0
    }

    /// Asks all of it to end.
    pub fn terminate(self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::TERM);
    }

    /// Lets all of it go on, where it was halted.
    pub fn go_on(self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::CONT);
    }

    /// Ends all of it.
    pub fn kill(self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::KILL);
    }

    /// Sends a signal to all of it.
    #[cfg(unix)]
    pub fn signal(self, signal: rustix::process::Signal) {
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
