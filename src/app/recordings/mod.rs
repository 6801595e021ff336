//! `stack-test recordings`: looking after what was recorded. A verb is a file here, a variant of `RecordingsCommand` and
//! a line in `command`.
//!
//! Everything that is printed goes through the redactor, as all other output does, though recordings should hold no
//! secrets.

mod chosen;
mod command;
mod dead;
mod diff;
mod export;
mod git;
mod import;
mod list;
mod named;
mod prune;
mod rekey;
mod secrets;
mod show;
mod stats;
mod unused;
mod verify;

pub(super) use command::carry_out;
