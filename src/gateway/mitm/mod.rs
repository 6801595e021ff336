//! Providers whose address cannot be changed: the gateway as the HTTP proxy of the stack.
//!
//! A client that is given the gateway by `HTTPS_PROXY` asks for a tunnel (`CONNECT host:443`). For the host of a provider
//! the gateway is the other end of that tunnel itself, with a certificate from `authority`, a CA that lives as long as the
//! run; what comes out of it is answered by the same `Server` as a call by base URL, and recorded under the same path, so
//! that a set recorded by one way replays by the other. `hosts` knows whose host is whose, `tunnel` passes the connections
//! to all other hosts on, and `sightings` remembers them for the report. docs/decisions/0008-mitm.md says why this is our
//! own code.

mod authority;
mod hosts;
mod proxy;
mod relay;
mod sightings;
mod tunnel;
mod variables;

pub(super) use hosts::Place;
pub(super) use proxy::{Front, Proxy};
