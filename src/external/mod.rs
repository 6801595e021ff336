//! Tests of somebody else's runner: pytest, jest, or any command.
//!
//! A runner that can be spoken with is started with a few lines of ours in it, which connect back and say what happens, one
//! JSON object a line; `docs/external.md` has the protocol. [`collect`] lists its tests, a [`Worker`] runs them one after the
//! other, each when it is told to: the gateway knows of a test before the first request of it is made. Of a plain command
//! ([`Single`]) only its end and its JUnit report are read. What such a process says is not trusted: whatever it does, it
//! costs its tests and not the run.

mod adapter;
mod collect;
mod control;
mod error;
mod junit;
mod message;
mod single;
mod tool;
mod worker;
mod workshop;

pub use adapter::{ADAPTERS, Adapter, How};
pub use collect::{Collected, collect};
pub use error::Error;
pub use message::{Answer, Ended, Finished, Hung, Listed, Said, Unreadable};
pub use single::Single;
pub use tool::Tool;
pub use worker::{Lost, Worker};
pub use workshop::Workshop;
