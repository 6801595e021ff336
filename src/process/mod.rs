//! Processes of ours: servers, other test tools, a command that was wrapped.
//!
//! This is the only room that spawns them: each in a group of its own, killed as a group when it is stopped or dropped, its
//! output in a log without secrets. What is to be run is said by the rooms that want it.

#[expect(clippy::disallowed_methods, reason = "runs short commands to their end")]
mod capture;
#[expect(clippy::disallowed_methods, reason = "the one place that spawns what runs beside us")]
mod child;
#[expect(clippy::disallowed_methods, reason = "runs the command that the user wrapped")]
mod command;
mod error;
mod group;
#[expect(clippy::disallowed_methods, reason = "when a process started is read from /proc")]
mod identity;
#[expect(clippy::disallowed_methods, reason = "the log of a process is created here, and its end read")]
mod log;
#[expect(clippy::disallowed_methods, reason = "spawns what is run for what it prints")]
mod printed;

pub use capture::{Captured, capture, run_blocking};
pub use child::{Child, Launch};
pub use command::{RunningCommand, Signal};
pub use error::Error;
pub use group::Group;
pub use identity::Identity;
pub use log::{Log, LogRequest};
pub use printed::{Printed, printed};
