//! (being written)
use super::{Reporter, ReporterSpec};
pub(super) const SPEC: ReporterSpec = ReporterSpec {
    name: "github",
    summary: "the first failures as annotations of a GitHub workflow, on standard output",
    example: "github",
    default_path: None,
    make: |_, out| -> Box<dyn Reporter> { super::console(super::ConsoleSettings::default(), out) },
};
