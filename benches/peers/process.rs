//! A server as a process of its own: started, asked what CPU it took, stopped.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// No server takes longer to listen or to end.
const LONGEST: Duration = Duration::from_secs(60);

pub(crate) struct Process {
    child: Child,
    pub(crate) port: u16,
}

impl Process {
    /// Starts what `command` says for a free port, and waits until it listens.
    pub(crate) fn start(command: &dyn Fn(u16) -> Command) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = command(port).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let mut process = Self { child, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(process.child.try_wait().unwrap().is_none(), "the server ended before it listened");
            assert!(begun.elapsed() < LONGEST, "the server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        process
    }

    /// User and system time of all its threads, in nanoseconds' grain where `/proc/<pid>/stat` has 10 ms.
    pub(crate) fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let spent = |task: std::fs::DirEntry| {
            // A thread that has ended meanwhile has nothing to say.
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).unwrap_or(0)
        };
        Duration::from_nanos(tasks.map(|task| spent(task.unwrap())).sum())
    }

    /// Asks it to end, and waits until it has: what it recorded is then on disk.
    pub(crate) fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let begun = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < LONGEST, "the server does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}
