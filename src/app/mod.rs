//! The composition root: the one room that knows all others.
//!
//! `inputs` reads what the process was given (arguments, environment, terminals, folder), once. `project` reads
//! `stack-test.yaml`, `settings` makes one value of all that, `installed` finds the stack that plays it, and `run`, `serve`,
//! `gateway`, `recordings`, `check`, `doctor` and `help` carry a command out.
//! Everything below gets values and hands values back.

mod check;
mod doctor;
mod entry;
mod error;
mod exit;
mod files;
mod gateway;
mod help;
mod inputs;
mod installed;
mod project;
mod providers;
mod proxy;
mod recordings;
mod run;
mod serve;
mod settings;

pub use entry::main;
pub use exit::ExitStatus;
