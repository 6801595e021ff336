//! A text cut into what stands as it is and what is filled in.

use super::filter::{FILTERS, Filter};
use super::hole::{Hole, Reference};
use crate::source::{Diagnostic, Origin, Span, nearest};
use std::ops::Range;
use std::sync::Arc;

/// What a text consists of.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Literal(String),
    Hole(Hole),
}

/// Cuts `text`, which is what the YAML at `origin` says once its quoting is undone.
pub(super) fn parse(text: &str, origin: &Origin) -> Result<Vec<Piece>, Vec<Diagnostic>> {
    let mut pieces = Vec::new();
    let mut errors = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").map(|open| at + open) {
        literal(&mut pieces, &text[at..open]);
        let Some(close) = closing(&text[open + 2..]).map(|close| open + 2 + close) else {
            let place = place(origin, text, open..open + 2);
            errors.push(Diagnostic::at(place, "`{{` is never closed").hint(ESCAPE));
            return Err(errors);
        };
        let place = place(origin, text, open..close + 2);
        match inner(text[open + 2..close].trim(), place) {
            Ok(Piece::Literal(text)) => literal(&mut pieces, &text),
            Ok(hole) => pieces.push(hole),
            Err(error) => errors.push(error),
        }
        at = close + 2;
    }
    literal(&mut pieces, &text[at..]);
    if errors.is_empty() { Ok(pieces) } else { Err(errors) }
}

const ESCAPE: &str = "two braces that are meant as such are written {{ '{{' }}";

fn literal(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Literal(before)) => before.push_str(text),
        _ => pieces.push(Piece::Literal(text.to_owned())),
    }
}

/// Where the next `}}` that is not inside quotes begins.
fn closing(text: &str) -> Option<usize> {
    let start = text.len() - text.trim_start().len();
    let quoted = text[start..].chars().next().filter(|c| matches!(c, '\'' | '"'));
    let from = match quoted {
        Some(quote) => start + 1 + text[start + 1..].find(quote)? + 1,
        None => 0,
    };
    text[from..].find("}}").map(|close| from + close)
}

fn inner(text: &str, place: Origin) -> Result<Piece, Diagnostic> {
    for quote in ['\'', '"'] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return match quoted.strip_suffix(quote) {
                Some(literal) => Ok(Piece::Literal(literal.to_owned())),
                None => Err(Diagnostic::at(place, "nothing may follow a quoted text in a template")),
            };
        }
    }
    let mut parts = text.split('|').map(str::trim);
    let path = parts.next().unwrap_or_default();
    check_path(path).map_err(|what| Diagnostic::at(place.clone(), what).hint(ESCAPE))?;
    let filters = parts.map(|name| filter(name, &place)).collect::<Result<_, _>>()?;
    Ok(Piece::Hole(Hole { reference: Reference { path: path.to_owned(), origin: place }, filters }))
}

fn check_path(path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Err("a template needs a name between its braces".into());
    }
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if let Some(wrong) = path.chars().find(|c| !allowed(*c)) {
        return Err(format!(
            "`{}` cannot stand in the name of a template: letters, digits, `_`, `-` and dots can",
            wrong.escape_debug()
        ));
    }
    if path.split('.').any(str::is_empty) {
        return Err(format!("`{path}` has a dot too many"));
    }
    Ok(())
}

fn filter(name: &str, place: &Origin) -> Result<&'static Filter, Diagnostic> {
    FILTERS.iter().find(|filter| filter.name == name).ok_or_else(|| {
        let known: Vec<&str> = FILTERS.iter().map(|filter| filter.name).collect();
        let diagnostic = Diagnostic::at(place.clone(), format!("there is no filter `{name}`"));
        match nearest(name, known.iter().copied()) {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None => diagnostic.hint(format!("there are: {}", known.join(", "))),
        }
    })
}

/// The place in the file of `range` of `text`, where it can be found: the n-th `{{` of the text is the n-th of what is
/// written, unless escapes or folded lines make the two differ. Then it is the whole scalar.
fn place(origin: &Origin, text: &str, range: Range<usize>) -> Origin {
    let written = origin.snippet();
    let before = text[..range.start].matches("{{").count();
    let found = written.match_indices("{{").nth(before).map(|(at, _)| at);
    let same_count = written.matches("{{").count() == text.matches("{{").count();
    match found.filter(|at| same_count && written[*at..].starts_with(&text[range.clone()])) {
        Some(at) => {
            let start = origin.span.start + at;
            let span = Span { start, end: start + range.len() };
            Origin { file: Arc::clone(&origin.file), span }
        }
        None => origin.clone(),
    }
}
