//! The life of a stack: reached, reused, started, waited for, stopped. Everything runs on real sockets and real processes.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "all of it is test code, helpers included"
)]

mod builtin;
mod child;
mod fake;
mod leftovers;
mod process;
mod remote;
mod run_config;
