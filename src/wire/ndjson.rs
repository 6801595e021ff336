//! Newline-delimited JSON, as Ollama streams it and as JSONL files hold it.

use super::lines::{LineCutter, TooLong};

/// Longest line kept, in bytes.
pub const MAX_LINE: usize = 16 * 1024 * 1024;

/// A line that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NdjsonLine {
    /// Its text, without the line end; bytes that are no UTF-8 are replaced.
    pub text: String,
    /// Offset in the body of the byte after it (its line feed included).
    pub end: usize,
}

/// Cuts lines out of pieces of any size. A carriage return before the line feed is dropped, blank lines are skipped.
#[derive(Debug)]
pub struct NdjsonParser {
    cutter: LineCutter,
}

impl Default for NdjsonParser {
    fn default() -> Self {
        Self::new(MAX_LINE)
    }
}

impl NdjsonParser {
    /// A parser that keeps lines of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { cutter: LineCutter::new(false, limit) }
    }

    /// The lines that `bytes` completes.
    ///
    /// # Errors
    /// A line is longer than the limit; the parser is of no further use.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<NdjsonLine>, TooLong> {
        let mut lines = Vec::new();
        self.cutter.push(bytes, |line, end| {
            lines.extend(line_of(line, end));
            Ok(())
        })?;
        Ok(lines)
    }

    /// The last line, if the body ended without a line feed: it is a line like any other.
    pub fn finish(self) -> Option<NdjsonLine> {
        line_of(self.cutter.rest(), self.cutter.offset())
    }
}

fn line_of(bytes: &[u8], end: usize) -> Option<NdjsonLine> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_suffix('\r').unwrap_or(&text);
    (!text.trim().is_empty()).then(|| NdjsonLine { text: text.to_owned(), end })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(body: &[u8], piece: usize) -> Vec<(String, usize)> {
        let mut parser = NdjsonParser::default();
        let mut lines = Vec::new();
        for bytes in body.chunks(piece) {
            lines.extend(parser.push(bytes).unwrap());
        }
        lines.extend(parser.finish());
        lines.into_iter().map(|line| (line.text, line.end)).collect()
    }

    #[test]
    fn lines_are_the_same_in_pieces_of_any_size() {
        let body = "{\"a\":\"ü\"}\r\n\n  \n{\"b\":2}\n{\"c\":3}".as_bytes();
        let expected: Vec<(String, usize)> =
            vec![("{\"a\":\"ü\"}".into(), 12), ("{\"b\":2}".into(), 24), ("{\"c\":3}".into(), 31)];
        for piece in 1..=body.len() {
            assert_eq!(all(body, piece), expected, "pieces of {piece}");
        }
    }

    #[test]
    fn a_line_without_end_is_refused_at_the_limit() {
        let mut parser = NdjsonParser::new(100);
        let error = (0..20).find_map(|_| parser.push(b"0123456789").err()).unwrap();
        assert_eq!(error, TooLong { limit: 100, at: 110 });
    }
}
