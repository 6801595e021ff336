//! Showing a run: on a terminal, and as files for CI.
//!
//! A [`Reporter`] is fed the events of a run, in order, and is closed at the end, however the run ended; a run that never
//! began is told by [`setup_failure`]. Reporters keep what they need and no more, open nothing and ask nothing of their
//! surroundings: where to write and whether there are colours is given to them. Those that can be asked for by name are
//! in [`REPORTERS`]; [`console()`] is always there. [`Tally`] counts, and says how the run as a whole ended.

mod comparison;
mod console;
mod drawing;
mod error;
mod github;
mod json;
mod junit;
mod ledger;
mod markdown;
mod order;
mod registry;
mod reporter;
mod tally;
mod timestamp;
mod verdict;

pub use console::{ConsoleSettings, Verbosity, console};
pub use error::{ReportError, RequestError};
pub use indicatif::ProgressDrawTarget;
pub use ledger::setup_failure;
pub use registry::{REPORTERS, ReportRequest, ReporterSettings, ReporterSpec};
pub use reporter::Reporter;
pub use tally::{Counts, Tally};
pub use verdict::Verdict;
