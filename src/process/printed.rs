//! A process that is run for what it prints.

use super::group::Group;
use super::{Error, Launch};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

/// Bytes of each stream that are kept.
const KEPT: u64 = 16 * 1024 * 1024;

/// What a process printed, and how it ended.
#[derive(Debug, Default, Clone)]
pub struct Printed {
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// How it ended, in the words of [`super::Child::wait`]; `None` if it did not in time, and was killed.
    pub ended: Option<String>,
}

impl Printed {
    /// The last thing it complained of, in a line; where it complained of nothing, the last that it said.
    pub fn complaint(&self) -> &str {
        let last = |text| str::lines(text).map(str::trim).rfind(|line| !line.is_empty());
        last(&self.stderr).or_else(|| last(&self.stdout)).unwrap_or("it does not say why")
    }
}

/// Runs `launch` to its end, but no longer than `limit`. Nothing of it outlives this call, even one that is dropped.
///
/// # Errors
/// The program cannot be run.
pub async fn printed(launch: &Launch, limit: Duration) -> Result<Printed, Error> {
    let failed = |source| Error::Spawn { program: launch.program.clone(), source };
    let mut command = launch.command();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let group = Killed(Group::led_by(child.id().unwrap_or_default()));
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut printed = Printed::default();
    let (said, complained) = (&mut printed.stdout, &mut printed.stderr);
    let ended =
        timeout(limit, async { tokio::join!(child.wait(), read(stdout, said), read(stderr, complained)).0 });
    let ended = ended.await.ok().map(|status| status.map_err(failed)).transpose()?;
    drop(group);
    printed.ended = ended.map(super::child::in_words);
    Ok(printed)
}

/// Kills the group, whatever is left of it.
struct Killed(Group);

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill();
    }
}

async fn read(from: Option<impl AsyncRead + Unpin>, to: &mut String) {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        let _as_far_as_it_goes = from.take(KEPT).read_to_end(&mut bytes).await;
    }
    *to = String::from_utf8_lossy(&bytes).into_owned();
}
