//! A short command, run to its end for what it says.

use super::{Error, Launch};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// What a command said.
#[derive(Debug, Clone)]
pub struct Captured {
    /// Whether it ended with 0.
    pub well: bool,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Captured {
    /// The last thing it complained of, in a line.
    pub fn complaint(&self) -> &str {
        let lines = || self.stderr.lines().chain(self.stdout.lines()).map(str::trim);
        lines().rfind(|line| !line.is_empty()).unwrap_or("it does not say why")
    }
}

/// Runs `launch` to its end, and kills it after `limit`.
///
/// # Errors
/// It cannot be run, or takes longer.
pub async fn capture(launch: &Launch, limit: Duration) -> Result<Captured, Error> {
    let failed = |source| Error::Spawn { program: launch.program.clone(), source };
    let mut command = tokio::process::Command::new(&launch.program);
    command
        .args(&launch.args)
        .envs(launch.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if let Some(cwd) = &launch.cwd {
        command.current_dir(cwd);
    }
    // Ctrl-C is for us to act on: what is asked here tells whether the end was an orderly one.
    #[cfg(unix)]
    command.process_group(0);
    let Ok(output) = tokio::time::timeout(limit, command.output()).await else {
        return Err(Error::TooLong { program: launch.program.clone(), limit });
    };
    let output = output.map_err(failed)?;
    Ok(Captured {
        well: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs `launch`, blocking, and tells whether it ended well within `limit`; after that it goes on without us. For the last
/// moments of something that is dropped, where nothing can be awaited.
pub fn run_blocking(launch: &Launch, limit: Duration) -> bool {
    let mut command = std::process::Command::new(&launch.program);
    command.args(&launch.args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let Ok(mut child) = command.spawn() else { return false };
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if began.elapsed() < limit => std::thread::sleep(Duration::from_millis(10)),
            _ => return false,
        }
    }
}
