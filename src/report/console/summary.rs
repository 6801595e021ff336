//! What is printed once the last case has ended.

use super::lines::calls;
use crate::model::{Decided, Status};
use crate::report::ledger::Ledger;
use crate::report::{Counts, Verdict, drawing};
use crate::text::{Align, Cell, Palette, Table, one_line, plural, seconds};
use anstyle::Style;

/// The table: a row for each suite and one for all.
pub(super) fn table(ledger: &Ledger, palette: Palette) -> String {
    let Some(start) = &ledger.start else { return String::new() };
    let total = ledger.tally.total();
    // Errors are rare, and not what the reader expects to look for: their column comes only with them.
    let columns: Vec<Status> = Status::ALL
        .into_iter()
        .filter(|status| *status != Status::Error || total.of(Status::Error) > 0)
        .collect();
    let mut table = Table::new(
        std::iter::once(Align::Left).chain(columns.iter().map(|_| Align::Right)).chain([Align::Right]),
    );
    let heading = |text: &str| Cell::new(text, Palette::HEAD);
    let names = columns.iter().map(|status| heading(status.name()));
    table.row(std::iter::once(heading("suite")).chain(names).chain([heading("time")]));
    for (n, (suite, counts)) in start.suites.iter().zip(ledger.tally.suites()).enumerate() {
        let name = format!("{}{}", suite.path, ledger.on_stack(n));
        table.row(row(&one_line(&name), counts, &columns));
    }
    if start.suites.len() > 1 {
        table.rule().row(row("total", total, &columns));
    }
    table.draw(palette)
}

fn row(name: &str, counts: &Counts, columns: &[Status]) -> Vec<Cell> {
    let number = |status: &Status| match (counts.of(*status), status) {
        (0, _) => Cell::new("0", Palette::DIM),
        (count, Status::Failed | Status::Error) => Cell::new(count.to_string(), Palette::BAD),
        (count, Status::XPassed) => Cell::new(count.to_string(), Palette::ODD),
        (count, _) => Cell::from(count.to_string()),
    };
    let mut cells = vec![Cell::from(name)];
    cells.extend(columns.iter().map(number));
    cells.push(Cell::from(seconds(counts.time)));
    cells
}

/// The slowest cases.
pub(super) fn slowest(ledger: &Ledger, count: usize, palette: Palette) -> String {
    let slowest = ledger.tally.slowest(count);
    if slowest.is_empty() {
        return String::new();
    }
    let mut text = heading(&format!("slowest {}", plural(slowest.len(), "case")), palette);
    for (duration, id, suite) in slowest {
        let on = ledger.on_stack(suite);
        text.push_str(&format!("{:>11} {}\n", seconds(duration), one_line(&format!("{id}{on}"))));
    }
    text
}

/// Provider calls: how many, how they were told apart, and those outside any case that had no answer.
pub(super) fn traffic(ledger: &Ledger, palette: Palette) -> String {
    let mut text = String::new();
    if let Some(calls) = calls(ledger.tally.traffic()) {
        text.push_str(&format!("provider calls: {calls}\n"));
    }
    let decided = ledger.tally.decided();
    if decided.keys().any(|rung| *rung != Decided::Baggage) {
        let rungs =
            decided.iter().map(|(rung, cases)| format!("{} ({})", rung.name(), plural(*cases, "case")));
        text.push_str(&format!("calls were told apart by {}\n", rungs.collect::<Vec<_>>().join(", ")));
    }
    if let Some(calls) = calls(&ledger.session) {
        text.push_str(&format!("provider calls outside any case: {calls}\n"));
    }
    let misses = drawing::misses(ledger.session_misses());
    if !misses.is_empty() {
        text.push_str(&format!("{}\n", drawing::draw(&misses, palette.color())));
    }
    text
}

/// What went wrong outside any case.
pub(super) fn errors(ledger: &Ledger, palette: Palette) -> String {
    if ledger.errors.is_empty() {
        return String::new();
    }
    // A run that never began has nothing else to show, and needs no heading for it.
    let title = ledger.start.as_ref().map(|_| heading("errors of the run", palette)).unwrap_or_default();
    format!("{title}{}\n", drawing::draw(&ledger.errors, palette.color()))
}

/// The last line.
pub(super) fn verdict(ledger: &Ledger, palette: Palette) -> String {
    let verdict = ledger.tally.verdict();
    let style = match verdict {
        Verdict::Passed => Palette::GOOD,
        Verdict::Interrupted | Verdict::NothingSelected => Palette::ODD,
        Verdict::Failed | Verdict::Broken | Verdict::NotRun => Palette::BAD,
    };
    let word = palette.paint(style, verdict.name().to_uppercase());
    let Some(start) = &ledger.start else {
        return format!("{word}: {}, no case was run\n", plural(ledger.errors.len(), "error"));
    };
    let taken = ledger.taken().unwrap_or_default();
    let mut line = format!(
        "{word}: {}{} in {} ({}, {})",
        plural(ledger.tally.total().all(), "case"),
        counted(ledger.tally.total()),
        seconds(ledger.duration),
        one_line(taken),
        start.mode,
    );
    if let Some(reason) = ledger.cut_short() {
        line.push_str(&format!("; {}", one_line(&reason)));
    }
    if ledger.comparison.count() > 0 {
        line.push_str(&format!("; {} between the stacks", plural(ledger.comparison.count(), "difference")));
    }
    line.push('\n');
    line
}

fn counted(counts: &Counts) -> String {
    let mut words: Vec<_> = Status::ALL
        .into_iter()
        .filter(|status| counts.of(*status) > 0)
        .map(|status| format!("{} {}", counts.of(status), status.name()))
        .collect();
    if counts.flaky > 0 {
        words.push(format!("{} flaky", counts.flaky));
    }
    if words.is_empty() { String::new() } else { format!(": {}", words.join(", ")) }
}

/// A title with an empty line before it.
pub(super) fn heading(title: &str, palette: Palette) -> String {
    format!("\n{}\n", palette.paint(Style::new().bold().underline(), title))
}
