//! The wall clock, for the times in answers.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970. The times in answers are what a client sees of a real server, so they are real too; no test and
/// no decision hangs on them except the expiry of a file.
#[expect(clippy::disallowed_methods, reason = "a server's created_at comes from the wall clock")]
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
