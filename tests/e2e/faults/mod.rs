//! Bad input and faults: whatever goes wrong, the exit code and the message say what, the reports are written, and nothing is
//! left running.

mod answers;
mod killed;
mod misses;
mod outputs;
mod recordings;
mod stacks;
pub(crate) mod suites;
