//! Why no recording answers a call, and what mends it.
//!
//! `nearest` finds the recording that was most likely meant: a cheap comparison of words chooses a few, and of these
//! `difference` says exactly in what they differ, with the elements of lists laid beside each other by `alignment`.
//! `volatile` knows what differs from run to run, `class` says what kind of miss it is, `mend` what to do. All of this
//! happens on a miss only.

mod alignment;
mod class;
mod describe;
mod difference;
mod excerpt;
mod explanation;
mod likeness;
mod mend;
mod nearest;
mod volatile;

pub use describe::describe;
pub use explanation::{MissedCall, explain, unusable};
pub use mend::command_for;
