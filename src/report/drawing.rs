//! Diagnostics, drawn so that the terminal and the files carry the same text.

use crate::events::CaseReport;
use crate::model::{Miss, Outcome};
use crate::source::{Diagnostic, Origin, SourceFile};
use crate::text::{end_of, one_line, plural, sanitize};
use std::borrow::Cow;

/// Draws `diagnostics`, with an empty line between two of them and none at the end.
pub(super) fn draw(diagnostics: &[Diagnostic], color: bool) -> String {
    diagnostics.iter().map(|diagnostic| draw_one(diagnostic, color)).collect::<Vec<_>>().join("\n\n")
}

/// The same with less of what a test wrote, for people at a terminal.
pub(super) fn in_short(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    for note in diagnostics.iter_mut().flat_map(|diagnostic| &mut diagnostic.notes) {
        let Some((title, text)) = Diagnostic::captured_parts(note) else { continue };
        let lines = text.lines().count();
        *note = match text.rmatch_indices('\n').nth(LINES - 1) {
            Some((at, _)) if lines > LINES => {
                let title = title.trim_end_matches(':');
                format!(
                    "{title}, the last {LINES} of {lines} lines:\n{}",
                    end_of(&text[at + 1..], SHORT_ROOM)
                )
            }
            _ => format!("{title}\n{}", end_of(text, SHORT_ROOM)),
        };
    }
    diagnostics
}

/// Everything that was wrong with a case. Where a provider call found no recording, that is the likely cause of the rest,
/// which is then told in a line each.
pub(super) fn complaints(case: &CaseReport) -> Vec<Diagnostic> {
    let asked = |miss: &Miss| {
        let step = miss.step.as_ref().and_then(|step| step.parse::<usize>().ok()?.checked_sub(1));
        step.and_then(|step| case.steps.get(step)).unwrap_or(&case.origin).clone()
    };
    let told = |(miss, times)| Diagnostic { origin: Some(asked(miss)), ..complaint(miss, times) };
    let mut all: Vec<Diagnostic> = grouped(&case.traffic.misses).into_iter().map(told).collect();
    if all.is_empty() {
        all.extend(case.failures.iter().cloned());
    } else if !case.failures.is_empty() {
        all.push(in_consequence(&case.failures));
    }
    if let (Outcome::XPassed { reason, strict: true }, true) = (&case.outcome, all.is_empty()) {
        let what = format!("passed, though it was expected to fail: {reason}");
        let hint = "if that is mended, take the `xfail` out of the suite";
        all.push(Diagnostic::at(case.origin.clone(), what).hint(hint));
    }
    all
}

fn in_consequence(failures: &[Diagnostic]) -> Diagnostic {
    let what = format!("{} failed, most likely in consequence", plural(failures.len(), "expectation"));
    let line = |failure: &Diagnostic| match &failure.origin {
        Some(origin) => format!("{origin}: {}", one_line(&failure.what)),
        None => one_line(&failure.what).into_owned(),
    };
    let mut notes: Vec<String> = failures.iter().take(CONSEQUENCES).map(line).collect();
    if failures.len() > CONSEQUENCES {
        notes.push(format!("and {} more", failures.len() - CONSEQUENCES));
    }
    Diagnostic { notes, ..Diagnostic::new(what) }
}

/// Provider calls that no recording answers, as diagnostics.
pub(super) fn misses(misses: &[Miss]) -> Vec<Diagnostic> {
    grouped(misses).into_iter().map(|(miss, times)| complaint(miss, times)).collect()
}

/// The misses that differ, in their order, and how often each came: clients and servers ask again when they get an error.
fn grouped(misses: &[Miss]) -> Vec<(&Miss, usize)> {
    let mut groups: Vec<(&Miss, usize)> = Vec::new();
    for miss in misses {
        match groups.iter_mut().find(|(known, _)| *known == miss) {
            Some((_, times)) => *times += 1,
            None => groups.push((miss, 1)),
        }
    }
    groups
}

fn complaint(miss: &Miss, times: usize) -> Diagnostic {
    let times = if times > 1 { format!(", {times} times") } else { String::new() };
    Diagnostic {
        notes: miss.facts(),
        hint: miss.help(),
        ..Diagnostic::new(format!("no recording answers {miss} ({}){times}", miss.class.name()))
    }
}

/// The first complaint in one line, and how many more there are.
pub(super) fn headline(diagnostics: &[Diagnostic]) -> String {
    let Some(first) = diagnostics.first() else { return "no reason was given".to_owned() };
    let mut line = one_line(&first.what).into_owned();
    if let (Some(expected), Some(actual)) = (&first.expected, &first.actual) {
        // Left out rather than shortened: half a secret would no longer be known for one when the text is written.
        let compared = format!(": expected {}, actual {}", one_line(expected), one_line(actual));
        if compared.len() <= HEADLINE_ROOM {
            line.push_str(&compared);
        }
    }
    match diagnostics.len() - 1 {
        0 => line,
        more => format!("{line} (and {more} more)"),
    }
}

/// Consequences of a miss that are told.
const CONSEQUENCES: usize = 5;
/// Bytes for expected and actual in a headline; they are in the drawing anyway.
const HEADLINE_ROOM: usize = 200;
/// Bytes of one fact in a drawing. Readers of JUnit and terminals choke on more; JSON has it whole.
const FACT_ROOM: usize = 32 * 1024;
/// Lines and bytes of what a test wrote that are shown on a terminal.
const LINES: usize = 40;
const SHORT_ROOM: usize = 8 * 1024;

fn draw_one(diagnostic: &Diagnostic, color: bool) -> String {
    let drawn = clean(diagnostic).render(color);
    // What the drawer of the user's own lines lets through: it makes the other controls visible.
    let let_through = |c: char| matches!(c, '\u{80}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if drawn.contains(let_through) || drawn.contains("##[") {
        return drawn.replace(let_through, "\u{fffd}").replace("##[", "# #[");
    }
    drawn
}

fn clean(diagnostic: &Diagnostic) -> Diagnostic {
    let text = |text: &String| limited(sanitize(text).into_owned());
    Diagnostic {
        what: one_line(&diagnostic.what).into_owned(),
        origin: diagnostic.origin.clone().map(with_clean_name),
        expected: diagnostic.expected.as_ref().map(text),
        actual: diagnostic.actual.as_ref().map(text),
        hint: diagnostic.hint.as_ref().map(text),
        notes: diagnostic.notes.iter().map(|note| fact(&sanitize(note))).collect(),
    }
}

fn fact(note: &str) -> String {
    match Diagnostic::captured_parts(note) {
        Some((title, text)) => format!("{title}\n{}", end_of(text, FACT_ROOM)),
        None => limited(note.to_owned()),
    }
}

/// A file's name is drawn as it is.
fn with_clean_name(origin: Origin) -> Origin {
    match one_line(origin.file.name()) {
        Cow::Borrowed(_) => origin,
        Cow::Owned(name) => Origin { file: SourceFile::new(name, origin.file.text()), span: origin.span },
    }
}

/// The beginning of a long text, cut where no word and no quoted value is cut in two.
fn limited(mut text: String) -> String {
    if text.len() <= FACT_ROOM {
        return text;
    }
    let whole = text.len();
    let hard = (0..=FACT_ROOM).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let cut = text[..hard].rfind(|c: char| c.is_whitespace() || c == '"').unwrap_or(hard);
    text.truncate(cut);
    text.push_str(&format!("\n… and {} more bytes", whole - cut));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_fact_is_cut_between_words() {
        let body = format!(
            "{{\"filler\": \"{}\", \"key\": \"sk-{}\"}}",
            "x ".repeat(FACT_ROOM / 2 - 20),
            "s".repeat(99)
        );
        let drawn = draw(&[Diagnostic::new("long").note(body)], false);
        assert!(drawn.len() < FACT_ROOM + 200 && drawn.contains("more bytes"), "{}", drawn.len());
        assert!(!drawn.contains("sk-"), "half a word is left");
    }

    #[test]
    fn a_call_that_came_again_is_told_once() {
        let miss = |path: &str| Miss { path: path.to_owned(), ..Miss::default() };
        let told = misses(&[miss("/a"), miss("/b"), miss("/a")]);
        let told: Vec<&str> = told.iter().map(|told| told.what.as_str()).collect();
        assert!(
            matches!(told[..], [twice, once] if twice.ends_with(", 2 times") && once.contains("/b (")),
            "{told:?}"
        );
    }

    #[test]
    fn of_what_a_test_wrote_the_end_is_shown() {
        let lines: String = (1..=50).map(|n| format!("line {n}\n")).collect();
        let written =
            |text: &str| vec![Diagnostic::new("bad").note(Diagnostic::captured("stdout", text.trim_end()))];
        let drawn = draw(&in_short(written(&lines)), false);
        assert!(
            drawn.contains("stdout, the last 40 of 50 lines:") && !drawn.contains("line 10\n"),
            "{drawn}"
        );
        assert!(drawn.contains("line 11\n") && draw(&written(&lines), false).contains("line 1\n"), "{drawn}");
        let long = format!("{}end", "x".repeat(2 * FACT_ROOM));
        assert!(
            draw(&written(&long), false).ends_with("end")
                && draw(&in_short(written(&long)), false).ends_with("end")
        );
    }

    #[test]
    fn a_headline_has_one_line_and_leaves_long_values_out() {
        let short = Diagnostic::new("differs\nhere").compared("1", "2");
        assert_eq!(headline(&[short.clone(), short]), "differs here: expected 1, actual 2 (and 1 more)");
        let long = Diagnostic::new("differs").compared("1", "x".repeat(HEADLINE_ROOM));
        assert_eq!(headline(&[long]), "differs");
    }
}
