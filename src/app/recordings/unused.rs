//! What a run did not use, as its JSON report tells.

use super::chosen::Recordings;
use crate::app::error::CommandError;
use crate::app::files::read_text;
use crate::recording::NO_SETUP;
use crate::source::Diagnostic;
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
struct ReportDoc {
    setup: Option<String>,
    mode: Option<String>,
    cases: Vec<CaseDoc>,
}

#[derive(Deserialize)]
struct CaseDoc {
    id: String,
    status: String,
    calls: CallsDoc,
}

#[derive(Deserialize)]
struct CallsDoc {
    unused: usize,
}

/// Answers that a run did not use.
#[derive(Debug)]
pub(super) struct Unused {
    /// The setup it ran with.
    pub(super) setup: String,
    /// The case.
    pub(super) case: String,
    /// How many.
    pub(super) answers: usize,
}

/// Reads the report of a run that replayed. Cases that failed say nothing: they may have ended early.
///
/// # Errors
/// The file cannot be read, is no report, or that of a run that did not replay.
pub(super) fn unused(recordings: &Recordings<'_>, path: &Path) -> Result<Vec<Unused>, CommandError> {
    let usage = |error| CommandError::usage(vec![error]);
    let file = read_text(&recordings.inputs.cwd, path).map_err(usage)?;
    let report: ReportDoc = serde_json::from_str(file.text()).map_err(|error| {
        let what = format!("`{}` is no JSON report of a run: {error}", file.name());
        usage(Diagnostic::new(what).hint("`stack-test run --report json=FILE` writes one"))
    })?;
    if report.mode.as_deref() != Some("replay") {
        let what = format!("`{}` is the report of a run that did not replay", file.name());
        return Err(usage(
            Diagnostic::new(what).hint("run in replay, the default mode, with --report json=FILE"),
        ));
    }
    let setup = report.setup.unwrap_or_else(|| NO_SETUP.to_owned());
    let left = |case: CaseDoc| {
        (case.status == "passed" && case.calls.unused > 0).then(|| Unused {
            setup: setup.clone(),
            case: case.id,
            answers: case.calls.unused,
        })
    };
    Ok(report.cases.into_iter().filter_map(left).collect())
}
