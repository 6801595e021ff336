//! `stack-test gateway`: record and replay for somebody else's runner.
//!
//! `settings` makes a configuration of what was typed, `round` serves with it once, `command` does so for the user and
//! `proof`, where a command's calls were recorded, twice more; `said` has the words.

mod command;
mod proof;
mod providers;
mod round;
mod said;
mod settings;

pub(super) use command::gateway;
