//! The life of a stack: reached, reused, started, waited for, stopped. Everything runs on real sockets and real processes.

mod builtin;
mod child;
mod fake;
mod process;
mod remote;
mod run_config;
