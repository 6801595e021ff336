//! What is still to be run while something is dropped, where nothing can be awaited.

use super::Launch;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Runs `launch`, blocking, and tells whether it ended well within `limit`; after that it goes on without us.
pub fn run_blocking(launch: &Launch, limit: Duration) -> bool {
    let mut command = launch.command().into_std();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
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
