//! In what the stacks of a run differ.

use super::Verbosity;
use super::summary::heading;
use crate::model::Aspect;
use crate::report::comparison::Comparison;
use crate::text::{Align, Cell, Palette, Table, one_line};

/// Differences listed; `--verbose` lists more.
const MOST: usize = 20;

/// A heading, a line and a table; empty where there is one stack. The quiet get the line.
pub(super) fn table(comparison: &mut Comparison, verbosity: Verbosity, palette: Palette) -> String {
    if !comparison.is_wanted() {
        return String::new();
    }
    let title = format!("differences from {}", one_line(comparison.baseline()));
    let summary = comparison.summary();
    if verbosity == Verbosity::Quiet {
        return if comparison.count() == 0 { String::new() } else { format!("\n{title}: {summary}\n") };
    }
    let mut text = format!("{}{summary}\n", heading(&title, palette));
    let most = if verbosity == Verbosity::Verbose { usize::MAX } else { MOST };
    let (rows, left_out) = comparison.rows(most);
    if rows.is_empty() {
        return text;
    }
    // With one other stack, its name is said once, above its column.
    let only = match comparison.others() {
        [only] => Some(one_line(only).into_owned()),
        _ => None,
    };
    let mut table = Table::new([Align::Left; 6]);
    let there = only.clone().unwrap_or_else(|| "there".to_owned());
    let stack = if only.is_some() { None } else { Some("stack".to_owned()) };
    let baseline = one_line(comparison.baseline()).into_owned();
    let titles = ["case".to_owned(), "step".to_owned(), "what".to_owned(), baseline];
    table.row(titles.into_iter().chain(stack).chain([there]).map(|title| Cell::new(title, Palette::HEAD)));
    for row in rows {
        let style = if row.aspect == Aspect::Text { Palette::DIM } else { Palette::ODD };
        let mut cells =
            vec![Cell::from(row.case), row.step.into(), Cell::new(row.what, style), row.baseline.into()];
        cells.extend(only.is_none().then(|| Cell::from(row.stack)));
        cells.push(row.other.into());
        table.row(cells);
    }
    text.push_str(&table.draw(palette));
    if left_out > 0 {
        text.push_str(&format!("and {left_out} more; `--report json=…` has them all\n"));
    }
    text
}
