//! The `model` in a streamed answer, renamed as it passes.

use super::json_text::renamed;
use axum::body::Bytes;

/// The longest line that is waited for. A longer one is passed on as it is.
const LONGEST_LINE: usize = 4 * 1024 * 1024;

/// Renames the `model` in every `data:` line of a server-sent event stream.
///
/// Lines go out as soon as they are whole; only the beginning of a line is ever held back. Line ends, comments and
/// whatever is no JSON object with a `model` stay byte for byte as they came.
#[derive(Debug)]
pub(crate) struct ModelRename {
    model: String,
    pending: Vec<u8>,
    overlong: bool,
}

impl ModelRename {
    /// Renames to `model`.
    pub(crate) fn new(model: String) -> Self {
        Self { model, pending: Vec::new(), overlong: false }
    }

    /// What can be passed on now that `bytes` came.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Bytes {
        self.pending.extend_from_slice(bytes);
        let whole = self.pending.iter().rposition(|byte| is_line_end(*byte)).map_or(0, |at| at + 1);
        let rest = self.pending.split_off(whole);
        let lines = std::mem::replace(&mut self.pending, rest);
        let mut out = self.rename_lines(&lines);
        if self.pending.len() > LONGEST_LINE {
            self.overlong = true;
            out.append(&mut self.pending);
        }
        out.into()
    }

    /// What is left when the stream ends.
    pub(crate) fn finish(&mut self) -> Bytes {
        let rest = std::mem::take(&mut self.pending);
        self.rename_lines(&rest).into()
    }

    fn rename_lines(&mut self, lines: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(lines.len() + 64);
        for line in lines.split_inclusive(|byte| is_line_end(*byte)) {
            let rest_of_overlong = std::mem::take(&mut self.overlong);
            match self.rename_line(line).filter(|_| !rest_of_overlong) {
                Some(renamed) => out.extend_from_slice(renamed.as_bytes()),
                None => out.extend_from_slice(line),
            }
        }
        out
    }

    fn rename_line(&self, line: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(line).ok()?;
        let data = text.strip_prefix("data:")?.trim();
        let start = data.as_ptr() as usize - text.as_ptr() as usize;
        let renamed = renamed(data, &self.model)?;
        Some([&text[..start], &renamed, &text[start + data.len()..]].concat())
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        ": ping\r\n\r\nevent: x\rdata:{\"model\": \"a\",\"n\":1.50}\r\r",
        "data: {\"model\":\"a\",\"t\":\"é\"}\n\ndata: [DONE]\n\ndata: {\"model\":\"a\"}",
    );
    const RENAMED: &str = concat!(
        ": ping\r\n\r\nevent: x\rdata:{\"model\": \"p/a\",\"n\":1.50}\r\r",
        "data: {\"model\":\"p/a\",\"t\":\"é\"}\n\ndata: [DONE]\n\ndata: {\"model\":\"p/a\"}",
    );

    #[test]
    fn a_stream_is_renamed_however_it_is_cut() {
        for size in 1..STREAM.len() {
            let mut rename = ModelRename::new("p/a".into());
            let mut out: Vec<u8> =
                STREAM.as_bytes().chunks(size).flat_map(|piece| rename.push(piece)).collect();
            out.extend_from_slice(&rename.finish());
            assert_eq!(String::from_utf8(out).unwrap(), RENAMED, "in pieces of {size}");
        }
    }

    #[test]
    fn a_whole_event_is_not_held_back() {
        let mut rename = ModelRename::new("p/a".into());
        assert_eq!(rename.push(b"data: {\"model\":\"a\"}\n\ndata: {"), b"data: {\"model\":\"p/a\"}\n\n"[..]);
    }

    #[test]
    fn a_line_without_an_end_is_passed_on_as_it_is() {
        let mut rename = ModelRename::new("p/a".into());
        let line = [b"data: {\"model\":\"a\",\"t\":\"", &vec![b'x'; LONGEST_LINE][..]].concat();
        assert_eq!(rename.push(&line).len(), line.len());
        let rest = b"data: {\"model\":\"a\"}\ndata: {\"model\":\"a\"}\n";
        let expected = b"data: {\"model\":\"a\"}\ndata: {\"model\":\"p/a\"}\n";
        assert_eq!(rename.push(rest), expected[..]);
    }
}
