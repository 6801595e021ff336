//! Processes of ours: servers, other test tools, a command that was wrapped.
//!
//! This is the only room that spawns them: each in a group of its own, killed as a group when it is stopped or dropped, its
//! output in a log without secrets. What is to be run is said by the rooms that want it.

mod child;
#[expect(clippy::disallowed_methods, reason = "runs the command that the user wrapped")]
mod command;
mod error;
mod group;
#[expect(clippy::disallowed_methods, reason = "when a process started is read from /proc")]
mod identity;
mod last_moment;
#[expect(clippy::disallowed_methods, reason = "the one place that makes commands of what runs beside us")]
mod launch;
#[expect(clippy::disallowed_methods, reason = "the log of a process is created here, and its end read")]
mod log;
mod printed;

pub use child::Child;
pub use command::{RunningCommand, Signal};
pub use error::Error;
pub use group::Group;
pub use identity::Identity;
pub use last_moment::run_blocking;
pub use launch::Launch;
pub use log::{Log, LogRequest};
pub use printed::{Printed, printed};
