//! What a check prints: as text, JSON or Markdown, without secrets and without what a terminal would act upon.

use crate::text::{Align, Cell, Palette, Redactor, Table, one_line, sanitize};
use serde_json::Value;
use std::io::Write;

/// Prints text to standard output.
pub(super) fn say(text: &str, redactor: &Redactor) {
    let _ = write!(std::io::stdout(), "{}", sanitize(&redactor.redact(text)));
}

/// Prints data for other programs.
pub(super) fn say_data(data: &Value, redactor: &Redactor) {
    let text = serde_json::to_string_pretty(data).unwrap_or_default();
    let _ = writeln!(std::io::stdout(), "{}", redactor.redact(&text));
}

/// Says something beside the result, on standard error.
pub(super) fn note(text: &str, redactor: &Redactor) {
    let _ = writeln!(std::io::stderr(), "note: {}", sanitize(&redactor.redact(text)));
}

/// A table for people.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>], redactor: &Redactor) -> String {
    let mut table = Table::new(heads.iter().map(|_| Align::Left));
    table.row(heads.iter().map(|head| Cell::from(*head)));
    table.rule();
    for row in rows {
        // Masked before it is measured: a mask is shorter than what it hides.
        table.row(row.iter().map(|cell| Cell::from(one_line(&redactor.redact(cell)).into_owned())));
    }
    table.draw(Palette::new(false))
}

/// A table for pages.
pub(super) fn markdown(heads: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let heading = line(heads.iter().map(|head| (*head).to_owned()).collect());
    let rule = line(heads.iter().map(|_| "---".to_owned()).collect());
    let rows = rows.iter().map(|row| line(row.iter().map(|cell| escaped(cell)).collect()));
    heading + &rule + &rows.collect::<String>()
}

/// A text that Markdown leaves as it is.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        if matches!(character, '|' | '*' | '_' | '`' | '<' | '[' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}
