//! Diagnostics, drawn so that the terminal and the files carry the same text.

use crate::events::CaseReport;
use crate::model::{Miss, Outcome};
use crate::source::Diagnostic;
use crate::text::{one_line, sanitize};

/// Draws `diagnostics`, with an empty line between two of them and none at the end.
pub(super) fn draw(diagnostics: &[Diagnostic], color: bool) -> String {
    diagnostics.iter().map(|diagnostic| draw_one(diagnostic, color)).collect::<Vec<_>>().join("\n\n")
}

/// Everything that was wrong with a case: what did not hold, and the provider calls that no recording answers.
pub(super) fn complaints(case: &CaseReport) -> Vec<Diagnostic> {
    let mut all = case.failures.clone();
    all.extend(misses(&case.traffic.misses));
    if let (Outcome::XPassed { reason, strict: true }, true) = (&case.outcome, all.is_empty()) {
        let what = format!("passed, though it was expected to fail: {reason}");
        let hint = "if that is mended, take the `xfail` out of the suite";
        all.push(Diagnostic::at(case.origin.clone(), what).hint(hint));
    }
    all
}

/// Provider calls that no recording answers, as diagnostics.
pub(super) fn misses(misses: &[Miss]) -> Vec<Diagnostic> {
    let complaint = |miss: &Miss| {
        let diagnostic = Diagnostic::new(format!("no recording answers {miss}"));
        [&miss.summary, &miss.explanation]
            .into_iter()
            .filter(|text| !text.is_empty())
            .fold(diagnostic, |diagnostic, text| diagnostic.note(text.as_str()))
    };
    misses.iter().map(complaint).collect()
}

/// The first complaint in one line, and how many more there are.
pub(super) fn headline(diagnostics: &[Diagnostic]) -> String {
    let Some(first) = diagnostics.first() else { return "no reason was given".to_owned() };
    let mut line = one_line(&first.what).into_owned();
    if let (Some(expected), Some(actual)) = (&first.expected, &first.actual) {
        line.push_str(&format!(": expected {}, actual {}", brief(expected), brief(actual)));
    }
    match diagnostics.len() - 1 {
        0 => line,
        more => format!("{line} (and {more} more)"),
    }
}

/// A value in a headline: the whole of it is in the drawing.
fn brief(value: &str) -> String {
    crate::text::shorten(&one_line(value), 100).into_owned()
}

fn draw_one(diagnostic: &Diagnostic, color: bool) -> String {
    let drawn = clean(diagnostic).render(color);
    // The drawer of the user's own lines makes all controls visible but those of C1.
    if drawn.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c)) {
        return drawn.replace(|c| ('\u{80}'..='\u{9f}').contains(&c), "\u{fffd}");
    }
    drawn
}

fn clean(diagnostic: &Diagnostic) -> Diagnostic {
    let text = |text: &String| sanitize(text).into_owned();
    Diagnostic {
        what: one_line(&diagnostic.what).into_owned(),
        origin: diagnostic.origin.clone(),
        expected: diagnostic.expected.as_ref().map(text),
        actual: diagnostic.actual.as_ref().map(text),
        hint: diagnostic.hint.as_ref().map(text),
        notes: diagnostic.notes.iter().map(text).collect(),
    }
}
