//! One JSON document with everything that is known of a run.
//!
//! `version` is raised when a field changes its meaning or goes; fields may be added without. Each suite, case and error is
//! on a line of its own, so that line tools are of use too. `docs/reports.md` lists the fields.

mod document;
mod reporter;

pub(super) use reporter::SPEC;
