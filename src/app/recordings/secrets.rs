//! Whether a recording holds what it must not: a declared secret, or something in the shape of a key.

use super::chosen::Recordings;
use crate::recording::{Set, scan};

/// What is wrong with `set`, one line each. The secrets themselves are in none of them.
pub(super) fn findings(recordings: &Recordings<'_>, set: &Set) -> Vec<String> {
    scan(set, &recordings.masks).iter().map(ToString::to_string).collect()
}
