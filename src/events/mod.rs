//! The one contract between running and showing.
//!
//! The rooms that run things emit [`Event`]s, one after the other, into one channel; the rooms that show things consume
//! them and never look elsewhere. A new way of showing needs no change to what runs.

mod case;
mod run;

pub use case::{Attempt, CaseReport, CaseStart};
pub use run::{Event, RunEnd, RunStart, StackInfo, StackStart, SuiteInfo};
