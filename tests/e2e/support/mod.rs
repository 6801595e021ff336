//! What the tests of the binary share: a project in a folder of its own, the command in it, and servers that behave as badly
//! as a test wants.

mod command;
mod gate;
mod project;
mod reply;
mod server;

pub(crate) use command::{Ended, Running, processes_of, signal_to, wait_until};
pub(crate) use gate::Gate;
pub(crate) use project::{Project, junit};
pub(crate) use reply::{Ask, Reply};
pub(crate) use server::{MODELS, Server, completion, free_port, listens};
