//! The composition root: the one room that knows all others.
//!
//! `inputs` reads what the process was given (arguments, environment, terminals, folder), once. `project` reads
//! `stack-test.yaml`, `settings` makes one value of all that, and `run`, `serve`, `gateway`, `recordings`, `check`, `doctor` and `help` carry a
//! command out.
//! Everything below gets values and hands values back.

mod answers;
mod aside;
mod check;
mod containers;
mod copies;
mod distributions;
mod doctor;
mod entry;
mod error;
mod exit;
mod external;
mod files;
mod gateway;
mod help;
mod inputs;
mod jobs;
mod limits;
mod otel;
mod outputs;
mod placeholders;
mod prepare;
mod project;
mod proof;
mod providers;
mod proxy;
mod python_packages;
mod record_command;
mod recorder;
mod recordings;
mod rig;
mod rules;
mod run;
mod run_folder;
mod runtime;
mod scope;
mod serve;
mod session;
mod settings;
mod several_stacks;
mod signals;
mod stack_choices;
mod start;
mod suites;
mod told;

pub use entry::main;
pub use exit::ExitStatus;
