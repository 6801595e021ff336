//! The run as a person reads it.
//!
//! A line for each case, in the order of the plan: a case that ended early waits until those before it have ended, so that
//! two runs print the same. A slow first case therefore holds back the lines of the others; on a terminal the bar below
//! tells meanwhile how many have ended, how many failed and what is running. What failed is drawn at the end, numbered,
//! where nothing scrolls it away, followed by the table, the slowest cases and one line with the verdict. Without a
//! terminal the text is the same, with neither bar nor carriage returns.

mod bar;
mod differences;
mod lines;
mod reporter;
mod settings;
mod summary;

pub use reporter::console;
pub use settings::{ConsoleSettings, Verbosity};
