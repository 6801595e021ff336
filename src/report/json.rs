//! (being written)
use super::{Reporter, ReporterSpec};
pub(super) const SPEC: ReporterSpec = ReporterSpec {
    name: "json",
    summary: "one JSON document with everything that is known of the run, for scripts",
    example: "json=stack-test.json",
    default_path: Some("stack-test.json"),
    make: |_, out| -> Box<dyn Reporter> { super::console(super::ConsoleSettings::default(), out) },
};
