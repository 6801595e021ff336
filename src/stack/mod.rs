//! The stack under test: started or reused, waited for until it is ready, and stopped without leaving a process.
//!
//! One file per [`crate::stack_config::Target`]. Ready means that it answers healthily, lists its providers and has the
//! models that the run wants; an open port is not enough. What was started ends when the
//! [`Stack`] is stopped or dropped.

mod builtin;
mod capabilities;
mod command_stack;
#[expect(clippy::disallowed_methods, reason = "what an image is built from is read here")]
mod container;
#[expect(clippy::disallowed_methods, reason = "a run config named on the command line is read here")]
mod embedded;
mod error;
mod http;
mod leftovers;
mod log_end;
#[expect(clippy::disallowed_methods, reason = "who holds a port is read from /proc")]
mod port_owner;
mod process;
#[expect(clippy::disallowed_methods, reason = "the folder for what the server stores is created here")]
mod python_stack;
mod ready;
mod remote;
mod request;
mod run_config;
mod running;
mod runtime;
#[expect(clippy::disallowed_methods, reason = "what was started is written down here")]
mod started;
mod substitute;

pub use command_stack::CommandStack;
pub use container::{CONTAINER_HOST, Client, ContainerSpec, ImageSource, Network, bridge_address};
pub use embedded::embedded_config;
pub use error::Error;
pub use leftovers::{Announced, clear_leftovers};
pub use log_end::{Died, LogEnd};
pub use port_owner::PortOwner;
pub use ready::Unready;
pub use request::{STOP_GRACE, StackRequest};
pub use running::{Stack, start};
pub use runtime::{Product, PythonStack, Runtime};
