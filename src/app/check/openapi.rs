//! `check openapi`: the selected suites run, and every answer is held against the document.

use super::offered;
use super::said;
use super::watch::Watch;
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::run::command::{Common, conclude, list, make, run_made};
use crate::app::run::prepare::{only, prepare};
use crate::app::settings::settle::RunRequest;
use crate::cli::{CheckOpenapiArgs, Format};
use crate::report::Verdict;
use crate::source::Diagnostic;
use crate::text::plural;
use std::sync::Arc;

/// Runs, checks and prints. Violations decide the exit code; that a case fails is for `run` to judge, and only shown.
///
/// # Errors
/// Wrong arguments, settings or suites, a named document that cannot be used, no answer to check.
pub(super) async fn openapi(args: CheckOpenapiArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let CheckOpenapiArgs { mut run, openapi, format } = args;
    let output = &mut run.common.output;
    output.quiet = !output.verbose;
    let mut made = make(common, RunRequest::from(run), prepare).await?;
    made.outputs.aside = true;
    let named = match &openapi {
        Some(name) => Some(
            offered::named(name, common.inputs).await.map_err(|error| CommandError::usage(vec![error]))?,
        ),
        None => None,
    };
    made.prepared = made.prepared.and_then(only).map(|prepared| vec![prepared]);
    let unprepared = made.unprepared();
    let Ok([prepared, ..]) = made.prepared.as_deref() else {
        run_made(common, made, None).await?;
        return Ok(unprepared);
    };
    if prepared.settings.collect_only {
        return Ok(list(&prepared.plan));
    }
    let unseen = prepared.plan.cases.iter().filter(|case| case.external.is_some()).count();
    let watch = Arc::new(Watch::new(named, &prepared.plan, common.inputs));
    let redactor = made.outputs.redactor.clone();
    if unseen > 0 {
        let tests = plural(unseen, "test");
        said::note(
            &format!(
                "what {tests} of other test runners are answered is not looked at: it does not pass here"
            ),
            &redactor,
        );
    }
    let Some((tally, errors)) = run_made(common, made, Some(Arc::clone(&watch))).await? else {
        return Ok(unprepared);
    };
    let status = conclude(&tally, &errors);
    let Some((document, findings)) = watch.found() else { return Ok(status) };
    match format {
        Format::Text => said::say(&findings.text(&document), &redactor),
        Format::Json => said::say_data(&findings.json(&document), &redactor),
        Format::Markdown => said::say(&findings.markdown(&document, &redactor), &redactor),
    }
    match tally.verdict() {
        Verdict::Passed | Verdict::Failed if !errors.is_empty() => Ok(ExitStatus::Internal),
        Verdict::Passed | Verdict::Failed if findings.violations() > 0 => Ok(ExitStatus::Failed),
        Verdict::Passed | Verdict::Failed if findings.answers() == 0 => {
            let what = "no answer could be checked: every case was skipped, or had no answer that counts";
            Err(CommandError { status: ExitStatus::Failed, diagnostics: vec![Diagnostic::new(what)] })
        }
        Verdict::Passed | Verdict::Failed => Ok(ExitStatus::Passed),
        _ => Ok(status),
    }
}
