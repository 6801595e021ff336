//! What a run does when nothing is wrong with it.

mod distributions;
mod exceptions;
mod exit_codes;
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
mod shipped;
pub(crate) mod stacks;
