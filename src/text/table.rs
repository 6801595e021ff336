//! Tables in plain text: columns two spaces apart, numbers to the right, no frame.
//!
//! A table crate draws far more than this needs, and wraps ids where a reader wants to copy them.

use super::Palette;
use anstyle::Style;
use unicode_width::UnicodeWidthStr;

/// Which side of a column its texts keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// A text in a table. It must be on one line and free of control characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A text in a style.
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, Style::new())
    }
}

/// Rows of cells, as wide as their contents.
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: Vec<Align>,
    /// An empty row is a rule.
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with these columns and no rows.
    pub fn new(columns: impl IntoIterator<Item = Align>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row; cells beyond the last column are left out.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) -> &mut Self {
        self.rows.push(cells.into_iter().take(self.columns.len()).collect());
        self
    }

    /// Adds a line across the table.
    pub fn rule(&mut self) -> &mut Self {
        self.rows.push(Vec::new());
        self
    }

    /// Draws it, each line ending in a line feed and without trailing spaces.
    pub fn draw(&self, palette: Palette) -> String {
        let widths = self.widths();
        let total = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        let mut drawn = String::new();
        for row in &self.rows {
            if row.is_empty() {
                drawn.push_str(&palette.paint(Palette::DIM, "-".repeat(total)));
            }
            let mut gap = 0;
            for ((cell, align), width) in row.iter().zip(&self.columns).zip(&widths) {
                let space = width - cell.text.width();
                let before = if *align == Align::Right { space } else { 0 };
                if !cell.text.is_empty() {
                    drawn.push_str(&" ".repeat(gap + before));
                    drawn.push_str(&palette.paint(cell.style, &cell.text));
                    gap = 2 + space - before;
                } else {
                    gap += 2 + space;
                }
            }
            drawn.push('\n');
        }
        drawn
    }

    fn widths(&self) -> Vec<usize> {
        let width = |column| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell: &Cell| cell.text.width()).max()
        };
        (0..self.columns.len()).map(|column| width(column).unwrap_or(0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_under_each_other_whatever_the_width_of_words() {
        let mut table = Table::new([Align::Left, Align::Right, Align::Right]);
        table.row(["suite".into(), "passed".into(), "failed".into()]);
        table.row(["中文".into(), "7".into(), Cell::default()]);
        table.rule();
        table.row(["total".into(), "1024".into(), Cell::new("1", Palette::BAD)]);
        let expected = "suite  passed  failed\n中文        7\n---------------------\ntotal    1024       1\n";
        assert_eq!(table.draw(Palette::new(false)), expected);
        let colored = table.draw(Palette::new(true));
        assert!(colored.contains("1024       \x1b[1m\x1b[31m1\x1b[0m\n"), "{colored:?}");
    }
}
