//! A writer through which no secret passes.

use super::Redactor;
use std::io::{self, Write};

/// Writes what it is given to `W`, without the secrets.
///
/// A secret may come in pieces, so a line is held back until it is complete, and the lines of a PEM key until it ends; a very
/// long one goes out as far as no secret can be cut in two. [`Write::flush`] keeps holding it back. The end of the text is written by [`RedactingWriter::finish`],
/// or, with its errors lost, when the writer is dropped.
#[derive(Debug)]
pub struct RedactingWriter<W: Write> {
    inner: W,
    redactor: Redactor,
    held: Vec<u8>,
}

impl<W: Write> RedactingWriter<W> {
    /// Held back at most, apart from what the longest secret needs, in bytes.
    const ROOM: usize = 256 * 1024;

    /// Wraps `inner`.
    pub fn new(inner: W, redactor: Redactor) -> Self {
        Self { inner, redactor, held: Vec::new() }
    }

    /// Writes what is held back and flushes.
    ///
    /// # Errors
    /// Those of the inner writer.
    pub fn finish(mut self) -> io::Result<()> {
        self.release(self.held.len())?;
        self.inner.flush()
    }

    fn release(&mut self, count: usize) -> io::Result<()> {
        if count == 0 {
            return Ok(());
        }
        let result = self.inner.write_all(&self.redactor.redact_bytes(&self.held[..count]));
        // Gone even after an error: writing the same text again would not mend it.
        self.held.drain(..count);
        result
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let before = self.held.len();
        self.held.extend_from_slice(bytes);
        if let Some(at) = bytes.iter().rposition(|byte| *byte == b'\n') {
            self.release(self.redactor.whole_lines(&self.held[..before + at + 1]))?;
        }
        if self.held.len() > Self::ROOM {
            self.release(self.redactor.safe_cut(&self.held))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> Drop for RedactingWriter<W> {
    fn drop(&mut self) {
        // Nobody is left to be told of an error; `finish` is the way to learn of it.
        let _ = self.release(self.held.len());
        let _ = self.inner.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write_in_pieces(text: &str, size: usize) -> String {
        let mut out = Vec::new();
        let mut writer = RedactingWriter::new(&mut out, Redactor::new(["sk-secret-value"]));
        for piece in text.as_bytes().chunks(size) {
            writer.write_all(piece).unwrap();
            writer.flush().unwrap();
        }
        writer.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_secret_in_pieces_is_still_a_secret() {
        for size in 1..20 {
            assert_eq!(
                write_in_pieces("key=sk-secret-value\nnone\nsk-secret-value", size),
                "key=***\nnone\n***"
            );
        }
    }

    #[test]
    fn a_line_without_end_is_written_in_parts_and_still_redacted() {
        let text = "sk-secret-value,".repeat(100_000);
        assert_eq!(write_in_pieces(&text, 1000), "***,".repeat(100_000));
    }

    #[test]
    fn the_lines_of_a_private_key_are_one_secret_and_prose_about_one_is_none() {
        let line = "bWFkZSB1cCwgYnV0IGxvbmcgZW5vdWdoIHRvIGJlIGEgbGluZSBvZiBvbmU=";
        let key =
            format!("-----BEGIN PRIVATE KEY-----\n{line}\n{line}\nbWFkZQ==\n-----END PRIVATE KEY-----\n");
        let begun = "-----BEGIN PRIVATE KEY-----\nis how it begins\n";
        for size in [1, 7, 1000] {
            assert_eq!(write_in_pieces(&format!("a\n{key}b\n"), size), "a\n***\nb\n");
            assert_eq!(write_in_pieces(begun, size), "***\nis how it begins\n");
        }
    }

    proptest::proptest! {
        #[test]
        fn pieces_give_what_the_whole_gives(
            parts in proptest::collection::vec("[a-z\n]{0,9}|sk-secret-value|sk-secret|-value", 0..20),
            size in 1usize..30,
        ) {
            let text = parts.concat();
            let whole = Redactor::new(["sk-secret-value"]).redact(&text).into_owned();
            proptest::prop_assert_eq!(write_in_pieces(&text, size), whole);
        }
    }

    #[test]
    fn what_is_held_is_written_when_the_writer_goes() {
        let mut out = Vec::new();
        drop(RedactingWriter::new(&mut out, Redactor::new(["sk-secret-value"])).write_all(b"no line feed"));
        assert_eq!(out, b"no line feed");
    }
}
