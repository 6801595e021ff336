//! Whether a recording holds what it must not. What is declared as secret in environment and settings is known here.

use super::chosen::Recordings;
use crate::recording::Set;

/// What is wrong with `set`, whose file has `text`, one line each. The secrets themselves are in none of them.
pub(super) fn findings(recordings: &Recordings<'_>, _set: &Set, text: &str) -> Vec<String> {
    let clean = recordings.redactor.redact(text);
    if clean == text {
        return Vec::new();
    }
    let differs = text.lines().zip(clean.lines()).position(|(one, other)| one != other);
    let line = differs.map_or(1, |line| line + 1);
    vec![format!("line {line} holds the value of a declared secret")]
}
