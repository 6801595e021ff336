//! (being written)
use super::{Reporter, ReporterSpec};
pub(super) const SPEC: ReporterSpec = ReporterSpec {
    name: "markdown",
    summary: "a page for the summary of a CI job",
    example: "markdown=summary.md",
    default_path: Some("summary.md"),
    make: |_, out| -> Box<dyn Reporter> { super::console(super::ConsoleSettings::default(), out) },
};
