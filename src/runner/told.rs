//! What another runner tells of a test, in our words.

use super::attempt::Ended;
use crate::external::{Ended as Told, Finished};
use crate::model::Outcome;
use crate::plan::PlannedCase;
use crate::source::{Diagnostic, Origin};

/// What is said where the runner gives no reason.
const NO_REASON: &str = "no reason was given";

/// What came of `case`, and how it ended.
pub(super) fn judge(case: &PlannedCase, finished: &Finished) -> (Ended, Outcome) {
    let reason = finished.reason.clone().filter(|reason| !reason.trim().is_empty());
    let reason = reason.unwrap_or_else(|| NO_REASON.to_owned());
    let outcome = match finished.outcome {
        Told::Passed => Outcome::Passed,
        Told::Failed => Outcome::Failed,
        Told::Error => Outcome::Error,
        Told::Skipped => Outcome::Skipped { reason },
        Told::XFailed => Outcome::XFailed { reason },
        Told::XPassed => Outcome::XPassed { reason, strict: finished.strict },
    };
    let mut ended = Ended::default();
    let failed = matches!(outcome, Outcome::Failed | Outcome::Error);
    let told = finished.message.is_some() || finished.detail.is_some();
    if failed || matches!(outcome, Outcome::XFailed { .. }) && told {
        ended.failures.push(failure(case, finished));
    }
    (ended, outcome)
}

fn failure(case: &PlannedCase, finished: &Finished) -> Diagnostic {
    let message = finished.message.as_deref().map(str::trim).filter(|message| !message.is_empty());
    let what = message.map_or_else(|| "the test failed".to_owned(), str::to_owned);
    let mut failure = match place(case, finished) {
        Ok(origin) => Diagnostic::at(origin, what),
        Err(place) => Diagnostic { notes: place, ..Diagnostic::new(what) },
    };
    let detail = finished.detail.iter().map(|detail| detail.trim_end().to_owned());
    failure.notes.extend(detail.filter(|detail| !detail.is_empty()));
    let Finished { stdout, stderr, log, .. } = finished;
    failure.notes.extend(captured([("stdout", stdout), ("stderr", stderr), ("log", log)]));
    failure
}

/// What a test left on its streams, as notes.
pub(super) fn captured<const N: usize>(
    streams: [(&str, &Option<String>); N],
) -> impl Iterator<Item = String> {
    let said = streams.map(|(name, text)| {
        let text = text.as_ref().map(|text| text.trim_end()).filter(|text| !text.is_empty())?;
        Some(Diagnostic::captured(name, text))
    });
    said.into_iter().flatten()
}

/// Where the test failed: in its own file, of which we have the text, or in words.
fn place(case: &PlannedCase, finished: &Finished) -> Result<Origin, Vec<String>> {
    let own = case.external.as_ref().and_then(|test| test.file.as_deref());
    let known = own.is_some_and(|own| case.origin.file.name().ends_with(own));
    match (&finished.file, finished.line) {
        (Some(file), Some(line)) if known && own == Some(file) => {
            Ok(Origin::of_line(&case.origin.file, line))
        }
        (Some(file), Some(line)) => Err(vec![format!("at {file}:{line}")]),
        (Some(file), None) if own != Some(file) => Err(vec![format!("in {file}")]),
        _ if known => Ok(case.origin.clone()),
        _ => Err(Vec::new()),
    }
}
