//! Which process a number stands for: numbers are given out again, the moment of the start beside it is not.

use std::path::Path;

/// A process, told apart from a later one of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Its number.
    pub pid: u32,
    /// When it started, in ticks since the machine did; `None` where the system does not tell.
    pub started: Option<u64>,
}

impl Identity {
    /// The living process of that number. `None` if there is none.
    pub fn of(pid: u32) -> Option<Self> {
        match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
            Ok(stat) => started(&stat).map(|started| Self { pid, started: Some(started) }),
            Err(_) if Path::new("/proc/self/stat").exists() => None,
            Err(_) => exists(pid).then_some(Self { pid, started: None }),
        }
    }

    /// This process.
    pub fn own() -> Self {
        let pid = std::process::id();
        Self::of(pid).unwrap_or(Self { pid, started: None })
    }

    /// Whether it lives still.
    pub fn lives(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Asks it to end, or kills it.
    pub fn end(self, kill: bool) {
        #[cfg(unix)]
        if let Some(pid) = as_pid(self.pid) {
            let signal = if kill { rustix::process::Signal::KILL } else { rustix::process::Signal::TERM };
            // The only failure is that it is gone, which is what was wanted.
            let _ = rustix::process::kill_process(pid, signal);
        }
        #[cfg(not(unix))]
        let _ = kill;
    }

    /// Where numbers of processes mean the same as here: the start of the machine, and the namespace of the numbers.
    pub fn realm() -> String {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        format!("{} {}", boot.trim(), namespace.display())
    }
}

/// The start in `/proc/<pid>/stat`; `None` for a process that has ended and is not reaped yet. The second column is the
/// name of the program in brackets, which may hold anything.
fn started(stat: &str) -> Option<u64> {
    let mut columns = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    let state = columns.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    columns.nth(18)?.parse().ok()
}

#[cfg(unix)]
fn as_pid(pid: u32) -> Option<rustix::process::Pid> {
    i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw)
}

#[cfg(unix)]
fn exists(pid: u32) -> bool {
    let asked = as_pid(pid).map(rustix::process::test_kill_process);
    matches!(asked, Some(Ok(()) | Err(rustix::io::Errno::PERM)))
}

#[cfg(not(unix))]
fn exists(_pid: u32) -> bool {
    // It cannot be told; nobody's death is taken for granted.
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_may_hold_anything() {
        let stat = "7 (a) R 1 b) S 1 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 4711 0 0";
        assert_eq!(started(stat), Some(4711));
        assert_eq!(started(&stat.replace(") S", ") Z")), None);
        assert_eq!(started("7 (x"), None);
        assert_eq!(started(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn another_process_of_the_same_number_is_another() {
        let own = Identity::own();
        assert!(own.lives() && own.started.is_some());
        assert!(!Identity { started: Some(1), ..own }.lives());
        assert_eq!(Identity::of(u32::MAX), None);
    }
}
