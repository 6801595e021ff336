//! The log of a server: its file, and its last lines for a message.

use super::{Error, StackRequest};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// So many lines are shown.
const LINES: usize = 20;

/// They are looked for in so many bytes at the end of the file.
const BYTES: u64 = 64 * 1024;

/// Longest line shown, in characters.
const WIDTH: usize = 400;

/// The log of a server.
#[derive(Clone)]
pub(super) struct Log {
    path: PathBuf,
    /// Masked wherever the log is shown.
    secrets: Vec<String>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Log {
    /// Creates `server.log` in the request's folder, and the folder.
    pub(super) fn create(request: &StackRequest) -> Result<(Self, File), Error> {
        let path = request.log_dir.join("server.log");
        let failed = |source| Error::Log { path: path.clone(), source };
        std::fs::create_dir_all(&request.log_dir).map_err(failed)?;
        let file = File::create(&path).map_err(failed)?;
        Ok((Self { path, secrets: request.secrets() }, file))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The last lines, without escape sequences and secrets. A log that cannot be read has none.
    pub(super) fn tail(&self) -> Vec<String> {
        let text = read_end(&self.path).unwrap_or_default();
        let mut text = String::from_utf8_lossy(&text).into_owned();
        for secret in &self.secrets {
            text = text.replace(secret, "***");
        }
        let lines: Vec<String> = text.lines().map(plain).filter(|line| !line.is_empty()).collect();
        lines[lines.len().saturating_sub(LINES)..].to_vec()
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
    fn the_tail_is_short_plain_and_without_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.log");
        let mut text: String = (0..50).map(|n| format!("line {n}\n")).collect();
        text.push_str("\u{1b}[31mred\u{1b}[0m key=sk-very-secret\u{7}\r\n\n");
        std::fs::write(&path, text).unwrap();
        let tail = Log { path, secrets: vec!["sk-very-secret".into()] }.tail();
        assert_eq!(tail.len(), LINES);
        assert_eq!(tail.last().unwrap(), "red key=***");
        assert_eq!(tail[0], "line 31");
    }
}
