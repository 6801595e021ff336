//! The command as a process: its lines as they come, its end, and what it must not leave behind.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// No run of these tests takes longer; one that does is killed, and its test fails.
const LONGEST: Duration = Duration::from_secs(40);

/// The variable that marks every process of a run, so that those left behind are found.
const MARK: &str = "E2E_PROJECT";

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Everything it said.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// It ended with `code` and said all of `words`.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, words: &[&str]) -> &Self {
        let said = self.said();
        assert_eq!(self.code, Some(code), "{said}");
        for word in words {
            assert!(said.contains(word), "`{word}` is not in:\n{said}");
        }
        self
    }

    /// It did not say `word`.
    #[track_caller]
    pub(crate) fn expect_not(&self, word: &str) -> &Self {
        assert!(!self.said().contains(word), "`{word}` is in:\n{}", self.said());
        self
    }

    /// The case lines, as status and id, in the order in which they came.
    pub(crate) fn cases(&self) -> Vec<(String, String)> {
        let words = ["PASS", "FAIL", "SKIP", "XFAIL", "XPASS", "ERROR", "FLAKY"];
        let case = |line: &str| {
            let mut parts = line.split_whitespace();
            let status = parts.next().filter(|status| words.contains(status))?;
            Some((status.to_owned(), parts.nth(1)?.to_owned()))
        };
        self.stdout.lines().filter_map(case).collect()
    }
}

/// A command that runs. It is killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    output: [Arc<Output>; 2],
    root: PathBuf,
}

#[derive(Default)]
struct Output {
    /// What came so far, and whether that is all.
    text: Mutex<(String, bool)>,
    changed: Condvar,
}

impl Running {
    pub(super) fn start(root: &Path, args: Vec<&str>, env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stack-test"));
        command.args(args).current_dir(root).env_clear().env(MARK, root).env("STACK_TEST_RUNTIME", "builtin");
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.envs(env.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output =
            [Output::follow(child.stdout.take().unwrap()), Output::follow(child.stderr.take().unwrap())];
        Self { stdin: child.stdin.take(), child, output, root: root.to_owned() }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line of its standard output that contains `word`, and gives it.
    #[track_caller]
    pub(crate) fn line(&self, word: &str) -> String {
        let text = self.output[0].text.lock().unwrap();
        let find = |text: &str| {
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            whole.lines().find(|line| line.contains(word)).map(str::to_owned)
        };
        let wait = |(text, over): &mut (String, bool)| find(text).is_none() && !*over;
        let (text, _) = self.output[0].changed.wait_timeout_while(text, LONGEST, wait).unwrap();
        find(&text.0).unwrap_or_else(|| panic!("no line with `{word}` in:\n{}", text.0))
    }

    /// Ends its standard input.
    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Sends it a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        signal_to(self.pid(), signal);
    }

    /// Waits for its end; it must not have panicked, and no process of it may be left.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        let ended = self.wait();
        let said = ended.said();
        assert!(!said.contains("panicked"), "{said}");
        // One that was killed takes a moment to be gone.
        let gone = wait_until(|| processes_of(&self.root).is_empty());
        assert!(gone, "processes {:?} are left of the run that said:\n{said}", processes_of(&self.root));
        ended
    }

    /// Waits for its end, whatever it left behind.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> Ended {
        let mut status: Option<ExitStatus> = None;
        let over = wait_until(|| {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        if !over {
            let _ = self.child.kill();
        }
        // A process left behind may hold the other ends of the pipes: their end is not waited for longer than the process.
        let [stdout, stderr] = self.output.each_ref().map(|output| output.whole());
        assert!(over, "the run did not end; it said:\n{stdout}{stderr}");
        Ended { code: status.and_then(|status| status.code()), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Output {
    fn follow(pipe: impl Read + Send + 'static) -> Arc<Self> {
        let output = Arc::new(Self::default());
        let filled = Arc::clone(&output);
        std::thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                filled.text.lock().unwrap().0.push_str(&String::from_utf8_lossy(&line));
                filled.changed.notify_all();
                line.clear();
            }
            filled.text.lock().unwrap().1 = true;
            filled.changed.notify_all();
        });
        output
    }

    fn whole(&self) -> String {
        let wait = |(_, over): &mut (String, bool)| !*over;
        let text = self.text.lock().unwrap();
        let (text, _) = self.changed.wait_timeout_while(text, Duration::from_secs(5), wait).unwrap();
        text.0.clone()
    }
}

/// Waits, within reason, for something that nobody tells us of: the end of a process that is not our child, a closed port.
pub(crate) fn wait_until(mut holds: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < LONGEST {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

/// The processes that run for the project in `root`, the test itself aside. Where there is no `/proc`, none are known.
pub(crate) fn processes_of(root: &Path) -> Vec<u32> {
    let mark = format!("{MARK}={}", root.display());
    let runs_for_it = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(runs_for_it).collect()
}

/// Sends a signal.
#[cfg(unix)]
pub(crate) fn signal_to(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}
