//! `docker:<image>`: a container, by the command of docker, podman or one that is like them.
//!
//! No daemon's API is spoken: the commands are what all of them share, and what the user can type to see the same. The client
//! runs attached, as a child with a log as other servers have; the container has a name and a label of ours, and is
//! removed by its name. See docs/decisions/0011-containers.md.

mod argv;
mod client;
mod content;
mod image;
mod network;
mod run;
mod spec;

pub use client::Client;
pub use network::{CONTAINER_HOST, bridge_address};
pub use spec::{ContainerSpec, ImageSource, Network};

pub(super) use run::{Container, start};
