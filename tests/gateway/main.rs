//! The gateway between real sockets: a provider of the test's own on one side, reqwest on the other.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a test may")]

mod entrance;
mod faults;
mod fidelity;
mod hostile;
mod ids;
mod raw;
mod recording;
mod replay;
mod rules;
mod scope;
mod world;
