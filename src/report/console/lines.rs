//! The lines that come while the run goes on.

use super::Verbosity;
use crate::events::{CaseReport, RunStart, StackInfo};
use crate::model::{Outcome, Traffic};
use crate::text::{Palette, one_line, plural, seconds};
use anstyle::Style;

/// Which run this is.
pub(super) fn header(start: &RunStart, palette: Palette) -> String {
    let setup = start.setup.as_ref().map(|setup| format!(", setup {}", one_line(setup))).unwrap_or_default();
    let left_out = match start.deselected {
        0 => String::new(),
        deselected => format!(" ({deselected} deselected)"),
    };
    // The same cases come once for each stack.
    let (cases, suites, each) = match start.stacks.as_slice() {
        [] => (start.cases, start.suites.len(), String::new()),
        [first, ..] => {
            let suites = start.suites.iter().filter(|suite| suite.stack == 0).count();
            (first.cases, suites, format!(", against each of {} stacks", start.stacks.len()))
        }
    };
    format!(
        "{} {}, {}{setup}: {} of {}{left_out}{each}\n",
        palette.paint(Palette::HEAD, concat!("stack-test ", env!("CARGO_PKG_VERSION"))),
        one_line(&start.stack_config),
        start.mode,
        plural(cases, "case"),
        plural(suites, "suite"),
    )
}

/// Which stack was taken.
pub(super) fn stack_ready(stack: &StackInfo, name: Option<&str>, verbosity: Verbosity) -> String {
    let name = name.map(|name| format!("{}: ", one_line(name))).unwrap_or_default();
    let version = stack.version.as_ref().map(|version| format!(", version {}", one_line(version)));
    let mut line = format!(
        "{name}stack ready after {}: {}, {}{}\n",
        seconds(stack.ready_after),
        one_line(&stack.taken),
        one_line(&stack.url),
        version.unwrap_or_default(),
    );
    if let (Some(log), Verbosity::Verbose) = (&stack.log, verbosity) {
        line.push_str(&format!("its log: {}\n", one_line(&log.to_string_lossy())));
    }
    line
}

/// `PASS     0.012s inference/chat::non_streaming`, and the stack's name where there are several.
pub(super) fn case(case: &CaseReport, stack: Option<&str>, verbosity: Verbosity, palette: Palette) -> String {
    let (word, style) = status(case);
    let time = match &case.outcome {
        Outcome::Skipped { .. } if case.duration.is_zero() => "-".to_owned(),
        _ => seconds(case.duration),
    };
    let id = case.id.to_string();
    let mut line = format!("{} {time:>9} {}", palette.paint(style, format_args!("{word:<5}")), one_line(&id));
    if let Some(stack) = stack {
        line.push_str(&palette.paint(Palette::DIM, format_args!("  on {}", one_line(stack))));
    }
    if let Some(reason) = case.outcome.reason() {
        line.push_str(&palette.paint(Palette::DIM, format_args!("  ({})", one_line(reason))));
    }
    if case.is_flaky() {
        let attempts = format!("  (passed on attempt {})", case.earlier.len() + 1);
        line.push_str(&palette.paint(Palette::DIM, attempts));
    }
    if let (Verbosity::Verbose, Some(calls)) = (verbosity, calls(&case.traffic)) {
        let rung = case.traffic.decided.map(|rung| format!(", told by {}", rung.name())).unwrap_or_default();
        line.push_str(&palette.paint(Palette::DIM, format_args!("  [{calls}{rung}]")));
    }
    if verbosity == Verbosity::Verbose {
        for note in &case.traffic.notes {
            line.push_str(&palette.paint(Palette::DIM, format_args!("\n      {}", one_line(note))));
        }
    }
    line.push('\n');
    line
}

/// The word for how a case ended, and its colour.
pub(super) fn status(case: &CaseReport) -> (&'static str, Style) {
    match &case.outcome {
        Outcome::Passed if case.is_flaky() => ("FLAKY", Palette::ODD),
        Outcome::Passed => ("PASS", Palette::GOOD),
        Outcome::Failed => ("FAIL", Palette::BAD),
        Outcome::Error => ("ERROR", Palette::BAD),
        Outcome::Skipped { .. } => ("SKIP", Palette::DIM),
        Outcome::XFailed { .. } => ("XFAIL", Palette::DIM),
        Outcome::XPassed { strict: true, .. } => ("XPASS", Palette::BAD),
        Outcome::XPassed { strict: false, .. } => ("XPASS", Palette::ODD),
    }
}

/// `2 replayed, 1 missing`; `None` where there was nothing.
pub(super) fn calls(traffic: &Traffic) -> Option<String> {
    let counts = [
        (traffic.replayed, "replayed"),
        (traffic.recorded, "recorded"),
        (traffic.live, "live"),
        (traffic.misses.len(), "missing"),
        (traffic.unused, "recorded but not asked for"),
    ];
    let words: Vec<_> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}
