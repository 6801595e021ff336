//! A text with a name, and places in it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A text that the user wrote, with the name under which they know it.
#[derive(PartialEq, Eq)]
pub struct SourceFile {
    name: String,
    text: String,
    /// Byte offset of the start of each line, so that a position costs a binary search and not a scan.
    line_starts: Vec<usize>,
}

impl SourceFile {
    /// Wraps `text`; `name` is a path relative to the working directory, or a label such as `--stack-config`.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let text = text.into();
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Arc::new(Self { name: name.into(), text, line_starts })
    }

    /// The name under which the user knows this text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset, both counted from 1; the column counts characters.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let column = self.text.get(start..offset).map_or(1, |before| before.chars().count() + 1);
        Position { line, column }
    }

    /// Byte offset of a line and column counted from 1; the end of the text if they lie beyond it.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let Some(start) = line.checked_sub(1).and_then(|line| self.line_starts.get(line)) else {
            return self.text.len();
        };
        let rest = &self.text[*start..];
        rest.char_indices().nth(column.saturating_sub(1)).map_or(self.text.len(), |(at, _)| start + at)
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A line and a column, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A range of bytes in a [`SourceFile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span as a range for slicing.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A place in a text: what a diagnostic points at.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    /// The text.
    pub file: Arc<SourceFile>,
    /// The place in it.
    pub span: Span,
}

impl Origin {
    /// Line and column of the first byte.
    pub fn position(&self) -> Position {
        self.file.position(self.span.start)
    }

    /// The text pointed at.
    pub fn snippet(&self) -> &str {
        self.file.text().get(self.span.range()).unwrap_or_default()
    }
}

impl Origin {
    /// A whole line, counted from 1, without the blanks around it; the end of the text if there is no such line.
    pub fn of_line(file: &Arc<SourceFile>, line: usize) -> Self {
        let start = file.offset(line, 1);
        let text = file.text()[start..].lines().next().unwrap_or_default();
        let start = start + (text.len() - text.trim_start().len());
        let span = Span { start, end: start + text.trim().len() };
        Self { file: Arc::clone(file), span }
    }
}

impl fmt::Display for Origin {
    /// `file:line:column`, which editors and terminals turn into a link.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position();
        write!(f, "{}:{line}:{column}", self.file.name())
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
