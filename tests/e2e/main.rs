//! The command as its users see it: started as a process, in a project of its own, against servers that behave as badly as
//! servers do. One crate, so that it is linked once.
//!
//! Nothing here waits for a while and hopes: a server holds its answer until the test has seen what it wanted to see.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on has failed; it starts processes and looks at files"
)]

mod check;
mod faults;
mod interrupt;
mod recordings;
mod run;
mod standalone;
mod standalone_replay;
mod support;
