//! JUnit XML, as the tools that read it really read it.
//!
//! GitLab drops all but one case of the same `(classname, name)`, so the pair is the case's id. Most readers take only the
//! first `<failure>`, so all failed expectations are in one. `<error>` is for what is not the fault of the thing under
//! test. Counts are those of the elements, since some readers add them up and compare.

mod cases;
mod reporter;

pub(super) use reporter::{SPEC, STRICT_SPEC};
