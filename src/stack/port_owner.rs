//! Who holds a port.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

/// The state of a listening socket in `/proc/net/tcp`.
const LISTEN: &str = "0A";

/// So much of a command line is shown, in characters.
const SHOWN: usize = 80;

/// Words in an argument that end what is shown of a command line: keys are passed that way.
const SECRET_WORDS: &[&str] = &["key", "token", "secret", "password"];

/// The process that listens on a port, as far as the system tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortOwner {
    /// Its process id; `None` where the system does not tell: another user's process, or no `/proc`.
    pub pid: Option<u32>,
    /// Its command line, shortened.
    pub command: Option<String>,
}

impl fmt::Display for PortOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.pid, &self.command) {
            (Some(pid), Some(command)) => write!(f, "`{command}` (process {pid})"),
            (Some(pid), None) => write!(f, "process {pid}"),
            (None, _) => f.write_str("a process that the system does not name"),
        }
    }
}

impl PortOwner {
    /// Looks for who listens on `port` of this machine.
    pub(super) fn find(port: u16) -> Self {
        Self::find_in(Path::new("/proc"), port)
    }

    /// Whether somebody listens on `port` on an interface that others reach, too; as far as the system tells it.
    pub(super) fn is_exposed(port: u16) -> bool {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(std::fs::read_to_string);
        tables.into_iter().flatten().any(|table| has_exposed_listener(&table, port))
    }

    fn find_in(proc: &Path, port: u16) -> Self {
        let nobody = Self { pid: None, command: None };
        let links: BTreeSet<String> = ["net/tcp", "net/tcp6"]
            .iter()
            .filter_map(|table| std::fs::read_to_string(proc.join(table)).ok())
            .flat_map(|table| listening_inodes(&table, port))
            .map(|inode| format!("socket:[{inode}]"))
            .collect();
        if links.is_empty() {
            return nobody;
        }
        let Ok(entries) = std::fs::read_dir(proc) else { return nobody };
        let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let mut pids: Vec<u32> = pids.collect();
        pids.sort_unstable();
        match pids.into_iter().find(|pid| holds(&proc.join(pid.to_string()), &links)) {
            Some(pid) => Self { pid: Some(pid), command: command(&proc.join(pid.to_string())) },
            None => nobody,
        }
    }
}

fn listening_inodes(table: &str, port: u16) -> Vec<String> {
    let ending = format!(":{port:04X}");
    let inode = |line: &str| {
        let columns: Vec<&str> = line.split_ascii_whitespace().collect();
        let found = columns.get(1)?.ends_with(&ending) && *columns.get(3)? == LISTEN;
        found.then(|| columns.get(9).map(|inode| (*inode).to_owned())).flatten()
    };
    table.lines().skip(1).filter_map(inode).collect()
}

/// The addresses are in the byte order of the machine: 127.x.x.x ends with `7F`, ::1 with `1000000`.
fn has_exposed_listener(table: &str, port: u16) -> bool {
    let ending = format!(":{port:04X}");
    table.lines().skip(1).any(|line| {
        let columns: Vec<&str> = line.split_ascii_whitespace().collect();
        let (Some(local), Some(state)) = (columns.get(1), columns.get(3)) else { return false };
        let Some(address) = local.strip_suffix(&ending) else { return false };
        let is_loopback = if address.len() == 8 {
            address.ends_with("7F")
        } else {
            address.ends_with("00000000000001000000")
        };
        *state == LISTEN && !is_loopback
    })
}

/// Whether one of the process's files is one of the sockets. One that may not be looked at holds nothing, as far as we know.
fn holds(process: &Path, links: &BTreeSet<String>) -> bool {
    let Ok(files) = std::fs::read_dir(process.join("fd")) else { return false };
    files
        .flatten()
        .filter_map(|file| std::fs::read_link(file.path()).ok())
        .any(|target| target.to_str().is_some_and(|target| links.contains(target)))
}

fn command(process: &Path) -> Option<String> {
    let line = std::fs::read(process.join("cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line).into_owned();
    let harmless = |word: &&str| {
        let word = word.to_lowercase();
        !SECRET_WORDS.iter().any(|secret| word.contains(secret))
    };
    let words: Vec<&str> = line.split('\0').filter(|word| !word.is_empty()).take_while(harmless).collect();
    let shown: String = words.join(" ").chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    (!shown.is_empty()).then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2081 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 777 1 0 100 0 0 10 0
   1: 0100007F:2081 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 778 1 0 100 0 0 10 0
   2: garbage
";

    #[test]
    fn only_listening_sockets_count() {
        assert_eq!(listening_inodes(TABLE, 8321), ["777"]);
        assert!(listening_inodes(TABLE, 8322).is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_listener_is_ours() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let owner = PortOwner::find(listener.local_addr().unwrap().port());
        assert_eq!(owner.pid, Some(std::process::id()), "{owner}");
    }

    #[test]
    fn a_machine_without_proc_names_nobody() {
        let owner = PortOwner::find_in(Path::new("/nowhere"), 1);
        assert_eq!(owner.to_string(), "a process that the system does not name");
    }
}
