//! What a run does when nothing is wrong with it.

#[cfg(target_os = "linux")]
mod containers;
mod distributions;
mod exceptions;
mod exit_codes;
mod external;
mod fixtures;
mod matching;
mod misses;
mod outcomes;
mod planted;
mod proof;
mod proxy;
mod python_stacks;
mod scheduling;
mod secrets;
mod selection;
mod serve;
mod settings;
mod several_stacks;
mod shipped;
pub(crate) mod stacks;
