//! `stack-test check`: what a stack promises, and whether it keeps it. None of these needs a case of its own.

mod calls;
mod changed;
mod command;
mod config;
mod findings;
mod offered;
mod openapi;
mod routes;
mod said;
mod site;
mod up;
mod watch;

pub(super) use command::carry_out;
pub(super) use watch::Watch;
