//! A message about something the user wrote, and how it is drawn.

use super::Origin;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// How a fact begins that has what a test wrote.
const CAPTURED: &str = "captured ";

/// What was wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// What was wrong, in one line and without a full stop.
    pub what: String,
    /// The place in the user's text.
    pub origin: Option<Origin>,
    /// What should have been there.
    pub expected: Option<String>,
    /// What was there.
    pub actual: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// Further facts, each on a line of its own (a response body, a log tail).
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// A message that points at no text.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), origin: None, expected: None, actual: None, hint: None, notes: Vec::new() }
    }

    /// A message that points at `origin`.
    pub fn at(origin: Origin, what: impl Into<String>) -> Self {
        Self { origin: Some(origin), ..Self::new(what) }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what should have been there and what was.
    #[must_use]
    pub fn compared(mut self, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self.actual = Some(actual.into());
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// A fact: `text` is what a test left on `stream`. Of it, the end is what tells, and reports may leave the beginning out.
    pub fn captured(stream: &str, text: &str) -> String {
        format!("{CAPTURED}{stream}:\n{text}")
    }

    /// The first line and the text of a fact that [`Diagnostic::captured`] made.
    pub fn captured_parts(note: &str) -> Option<(&str, &str)> {
        note.split_once('\n').filter(|(title, _)| title.starts_with(CAPTURED))
    }

    /// `file:line:column: what`, for places with room for one line only.
    pub fn one_line(&self) -> String {
        match &self.origin {
            Some(origin) => format!("{origin}: {}", self.what),
            None => self.what.clone(),
        }
    }

    /// Draws the message on the user's own text. With `color`, ANSI escapes are used; without, the same text is plain.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut group = Level::ERROR.primary_title(&self.what).elements(self.snippet());
        for (label, text) in [("expected", &self.expected), ("actual", &self.actual)] {
            if let Some(text) = text {
                group = group.element(Level::NOTE.no_name().message(format!("{label:>8}: {text}")));
            }
        }
        for note in &self.notes {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        renderer.render(&[group])
    }

    fn snippet(&self) -> Option<Snippet<'_, annotate_snippets::Annotation<'_>>> {
        let origin = self.origin.as_ref()?;
        // Only the lines that are drawn: the renderer splits all it is given, which for a thousand failures in a file of
        // ten thousand lines took longer than the tests.
        let text = origin.file.text();
        let Range { start, end } = origin.span.range();
        let first = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let last = text.get(end..).and_then(|after| after.find('\n')).map_or(text.len(), |at| end + at);
        let lines = text.get(first..last)?;
        let annotation = AnnotationKind::Primary.span(start - first..end - first);
        let snippet = Snippet::source(lines).line_start(origin.file.position(first).line);
        Some(snippet.path(origin.file.name()).annotation(annotation))
    }
}

/// The name among `known` that was probably meant by `typed`, if one is close enough to be worth naming: a few letters
/// away, or the only one of which `typed` is the first word.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let score = |name: &str| strsim::damerau_levenshtein(&typed.to_lowercase(), &name.to_lowercase());
    let allowed = (typed.chars().count() / 3).max(1);
    let near = known.iter().map(|name| (score(name), *name)).filter(|(score, _)| *score <= allowed).min();
    if let Some((_, name)) = near {
        return Some(name);
    }
    let begun = |name: &str| name.strip_prefix(typed).is_some_and(|rest| rest.starts_with(['_', '-']));
    let mut longer = known.into_iter().filter(|name| begun(name));
    longer.next().filter(|_| longer.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::super::{SourceFile, Span};
    use super::*;

    #[test]
    fn the_text_is_underlined_with_expected_and_actual() {
        let file = SourceFile::new("suites/a.yaml", "steps:\n  - status: 200\n");
        let origin = Origin { file, span: Span { start: 19, end: 22 } };
        let text =
            Diagnostic::at(origin, "the status differs").compared("200", "404").hint("look").render(false);
        assert!(text.contains("--> suites/a.yaml:2:13"), "{text}");
        assert!(text.contains("^^^"), "{text}");
        assert!(text.contains("expected: 200") && text.contains("actual: 404"), "{text}");
        assert!(text.contains("help: look"), "{text}");
    }

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("inferense", ["inference", "files"]), Some("inference"));
        assert_eq!(nearest("text", ["text_model", "vision_model"]), Some("text_model"));
        assert_eq!(nearest("embedding", ["embedding_model", "embedding_dimension"]), None);
        assert_eq!(nearest("zzz", ["inference", "files"]), None);
    }
}
