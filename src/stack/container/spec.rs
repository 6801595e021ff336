//! What a container is made of.

use super::Client;
use std::path::PathBuf;

/// What a container is made of, apart from what every stack is given.
#[derive(Debug, Clone)]
pub struct ContainerSpec {
    /// The commands that may be there, the first choice first. The first that answers is taken.
    pub clients: Vec<Client>,
    /// Further arguments of `run`.
    pub run_args: Vec<String>,
    /// What it is made from.
    pub image: ImageSource,
    /// What the image's entry point is given; `{{ port }}` stands for the port.
    pub args: Vec<String>,
    /// What it answers with 2xx when it is well; found out, if it is not known.
    pub health: Option<String>,
    /// Whether it passes the header `baggage` on to its providers.
    pub forwards_baggage: bool,
    /// How it is reached, and reaches the gateway.
    pub network: Network,
    /// The run, for its label.
    pub run_id: String,
    /// Files of this machine that the environment names: it sees them, and cannot change them.
    pub files: Vec<PathBuf>,
}

impl ContainerSpec {
    /// What may stand in double braces.
    pub const NAMES: [&str; 1] = ["port"];
}

/// What a container is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageSource {
    /// An image by its name; it is pulled if it is not there.
    Named(String),
    /// One that is built first.
    Built {
        /// What it is called in the settings.
        name: String,
        /// The Containerfile, or Dockerfile.
        containerfile: PathBuf,
        /// The folder that it sees.
        context: PathBuf,
    },
}

/// How a container is reached, and reaches the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// It has the network of this machine; where containers are in a virtual machine, it would be that one's.
    Host,
    /// It has one of its own: its port is published on our loopback interface, and it reaches us as
    /// `host.docker.internal`.
    Bridge,
}
