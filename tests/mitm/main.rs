//! The gateway as a proxy, between a client and a TLS server of the test's own.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a test may")]

mod clients;
mod egress;
mod hosts;
mod replay;
mod sigv4;
mod world;
