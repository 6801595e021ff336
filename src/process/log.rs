//! The log of a process: its file, and its last lines for a message.

use super::Error;
use crate::text::{RedactingWriter, Redactor};
use std::fs::File;
use std::io::{ErrorKind, PipeReader, PipeWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tokio::sync::oneshot;

/// So many lines are shown.
const LINES: usize = 20;

/// They are looked for in so many bytes at the end of the file.
const BYTES: u64 = 64 * 1024;

/// Longest line shown, in characters.
const WIDTH: usize = 400;

/// Where a log is wanted.
#[derive(Clone)]
pub struct LogRequest {
    /// The file; its folder is created.
    pub path: PathBuf,
    /// Hides secrets in it.
    pub redactor: Redactor,
}

/// The log of a process.
#[derive(Clone)]
pub struct Log {
    path: PathBuf,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Log {
    /// Creates the file and its folder; writes there, without secrets, what comes by the pipe that
    /// is given back. The receiver hears when that is all.
    pub(super) fn create(request: LogRequest) -> Result<(Self, PipeWriter, oneshot::Receiver<()>), Error> {
        let LogRequest { path, redactor } = request;
        let failed = |source| Error::Log { path: path.clone(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = File::create(&path).map_err(failed)?;
        let (reader, writer) = std::io::pipe().map_err(failed)?;
        let (ended, end) = oneshot::channel();
        let log = RedactingWriter::new(file, redactor);
        std::thread::Builder::new()
            .name("process-log".to_owned())
            .spawn(move || {
                write(reader, log);
                let _nobody_waits = ended.send(());
            })
            .map_err(failed)?;
        Ok((Self { path }, writer, end))
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last lines, without escape sequences. A log that cannot be read has none.
    pub fn tail(&self) -> Vec<String> {
        self.tail_without(|_| false)
    }

    /// The last lines of those that are no `noise`.
    pub fn tail_without(&self, noise: impl Fn(&str) -> bool) -> Vec<String> {
        let text = read_end(&self.path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        // The marks under a line of a Python traceback say nothing alone, and would push out what does.
        let is_said = |line: &String| !line.chars().all(|c| matches!(c, ' ' | '^' | '~'));
        let lines = text.lines().map(plain).filter(is_said).filter(|line| !noise(line));
        let lines: Vec<String> = lines.collect();
        lines[lines.len().saturating_sub(LINES)..].to_vec()
    }
}

/// Writes what comes, and reads on if it cannot: a process must not stop because a disk is full.
fn write(mut reader: PipeReader, mut log: RedactingWriter<File>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => drop(log.write_all(&buffer[..count])),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

fn read_end(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
    let mut bytes = Vec::new();
    file.take(BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A line as text that a terminal does not act on: escape sequences and control characters are dropped.
fn plain(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            // A sequence begins with `[` and ends with a letter; any other is two characters long.
            if chars.next() == Some('[') {
                chars.by_ref().find(char::is_ascii_alphabetic);
            }
        } else if c == '\t' || !c.is_control() {
            out.push(c);
        }
    }
    let end = out.char_indices().nth(WIDTH).map_or(out.len(), |(at, _)| at);
    out[..end].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_short_and_plain() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.log");
        let mut text: String = (0..50).map(|n| format!("line {n}\n")).collect();
        text.push_str("\u{1b}[31mred\u{1b}[0m key=7\u{7}\r\n\n     ^^^~~\n");
        std::fs::write(&path, text).unwrap();
        let tail = Log { path }.tail();
        assert_eq!(tail.len(), LINES);
        assert_eq!(tail.last().unwrap(), "red key=7");
        assert_eq!(tail[0], "line 31");
    }
}
