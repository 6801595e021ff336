//! Whether a recording holds what it must not: a declared secret, or something in the shape of a key.

use super::chosen::Recordings;
use crate::recording::{Finding, Set, scan};

/// What is wrong with `set`. The secrets themselves are in none of them.
pub(super) fn findings(recordings: &Recordings<'_>, set: &Set) -> Vec<Finding> {
    scan(set, &recordings.masks)
}
