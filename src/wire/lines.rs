//! Bytes that come in pieces, cut into lines.

/// A line or an event is longer than what is kept in memory. Whoever streams without end must not exhaust it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line or event of the stream is longer than {limit} bytes (it begins near byte {at})")]
pub struct TooLong {
    /// The most that is allowed, in bytes.
    pub limit: usize,
    /// Offset in the body of the piece at which the limit was passed.
    pub at: usize,
}

/// Cuts lines out of pieces of any size.
#[derive(Debug)]
pub(super) struct LineCutter {
    pending: Vec<u8>,
    /// Bytes seen so far, in all pieces.
    offset: usize,
    /// Whether a lone carriage return ends a line, as it does in SSE.
    carriage_return_ends: bool,
    /// A line feed that follows belongs to the carriage return before it.
    after_carriage_return: bool,
    limit: usize,
}

impl LineCutter {
    pub(super) fn new(carriage_return_ends: bool, limit: usize) -> Self {
        Self { pending: Vec::new(), offset: 0, carriage_return_ends, after_carriage_return: false, limit }
    }

    /// Gives every line that `bytes` completes, without its end, and the offset of the byte after the first byte of its
    /// end. That byte decides, so that the offset is the same however the body was split.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        mut on_line: impl FnMut(&[u8], usize) -> Result<(), TooLong>,
    ) -> Result<(), TooLong> {
        let mut rest = bytes;
        if self.after_carriage_return && !rest.is_empty() {
            self.after_carriage_return = false;
            if rest[0] == b'\n' {
                self.offset += 1;
                rest = &rest[1..];
            }
        }
        let ends = |byte: &u8| *byte == b'\n' || (self.carriage_return_ends && *byte == b'\r');
        while let Some(at) = rest.iter().position(ends) {
            self.offset += at + 1;
            if self.pending.is_empty() {
                on_line(&rest[..at], self.offset)?;
            } else {
                self.pending.extend_from_slice(&rest[..at]);
                let line = std::mem::take(&mut self.pending);
                on_line(&line, self.offset)?;
                self.pending = line;
                self.pending.clear();
            }
            let returned = rest[at] == b'\r';
            rest = &rest[at + 1..];
            if returned {
                match rest.first() {
                    Some(b'\n') => {
                        self.offset += 1;
                        rest = &rest[1..];
                    }
                    Some(_) => {}
                    None => self.after_carriage_return = true,
                }
            }
        }
        self.offset += rest.len();
        self.pending.extend_from_slice(rest);
        if self.pending.len() > self.limit {
            return Err(TooLong { limit: self.limit, at: self.offset });
        }
        Ok(())
    }

    /// What came after the last end of a line.
    pub(super) fn rest(&self) -> &[u8] {
        &self.pending
    }

    /// Bytes seen so far.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }
}
