//! Amazon's eventstream frames, in which Bedrock streams.
//!
//! A frame is: its length (4 bytes, big-endian), the length of its headers (4), a CRC-32 of these eight bytes (4), the
//! headers, the payload, a CRC-32 of all before (4). A header is: the length of its name (1), the name, a type (1), a
//! value whose length follows from the type or stands before it (2).

use bytes::{Bytes, BytesMut};
use flate2::Crc;

/// Largest frame kept, in bytes; the protocol allows as much.
pub const MAX_FRAME: usize = 16 * 1024 * 1024;

/// Length, length of the headers, checksum.
const PRELUDE: usize = 12;
/// The checksum behind the payload.
const CHECKSUM: usize = 4;

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its headers, in order.
    pub headers: Vec<(String, HeaderValue)>,
    /// What it carries; the header `:content-type` says what that is.
    pub payload: Bytes,
}

/// The value of a header of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderValue {
    /// Types 0 and 1.
    Bool(bool),
    /// Type 2.
    Byte(i8),
    /// Type 3.
    Short(i16),
    /// Type 4.
    Integer(i32),
    /// Type 5.
    Long(i64),
    /// Type 6.
    Bytes(Bytes),
    /// Type 7, and the only one that Bedrock sends.
    Text(String),
    /// Type 8: milliseconds since 1970.
    Timestamp(i64),
    /// Type 9.
    Uuid([u8; 16]),
}

/// What is no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoFrame {
    /// Its lengths contradict each other, or it is larger than the limit.
    #[error("the lengths of an eventstream frame make no sense")]
    Length,
    /// A checksum is wrong: the bytes were changed on the way, or are no frame at all.
    #[error("a checksum of an eventstream frame is wrong")]
    Checksum,
    /// A header has an unknown type, is cut, or is no text where it should be.
    #[error("a header of an eventstream frame makes no sense")]
    Header,
}

impl Frame {
    /// The value of a header that is a text.
    pub fn text_header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(known, value)| match value {
            HeaderValue::Text(text) if known == name => Some(text.as_str()),
            _ => None,
        })
    }

    /// Reads `bytes`, which are one frame from its first to its last byte.
    ///
    /// # Errors
    /// They are not.
    pub fn read(bytes: &[u8]) -> Result<Self, NoFrame> {
        if length(bytes, MAX_FRAME)? != Some(bytes.len()) {
            return Err(NoFrame::Length);
        }
        let (body, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
        if u32::from_be_bytes(array(checksum)?) != crc(body) {
            return Err(NoFrame::Checksum);
        }
        let headers_end = PRELUDE + number(&bytes[4..8])?;
        let mut rest = &bytes[PRELUDE..headers_end];
        let mut headers = Vec::new();
        while !rest.is_empty() {
            headers.push(header(&mut rest)?);
        }
        Ok(Self { headers, payload: Bytes::copy_from_slice(&body[headers_end..]) })
    }

    /// The bytes of the frame; `None` if it is too large for the protocol.
    pub fn write(&self) -> Option<Vec<u8>> {
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            headers.push(u8::try_from(name.len()).ok()?);
            headers.extend_from_slice(name.as_bytes());
            value.write(&mut headers)?;
        }
        let length = PRELUDE + headers.len() + self.payload.len() + CHECKSUM;
        let mut out = Vec::with_capacity(length);
        out.extend_from_slice(&u32::try_from(length).ok()?.to_be_bytes());
        out.extend_from_slice(&u32::try_from(headers.len()).ok()?.to_be_bytes());
        out.extend_from_slice(&crc(&out).to_be_bytes());
        out.extend_from_slice(&headers);
        out.extend_from_slice(&self.payload);
        out.extend_from_slice(&crc(&out).to_be_bytes());
        Some(out)
    }
}

impl HeaderValue {
    fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        let mut sized = |kind: u8, bytes: &[u8]| {
            out.push(kind);
            out.extend_from_slice(&u16::try_from(bytes.len()).ok()?.to_be_bytes());
            out.extend_from_slice(bytes);
            Some(())
        };
        match self {
            Self::Bytes(bytes) => return sized(6, bytes),
            Self::Text(text) => return sized(7, text.as_bytes()),
            Self::Bool(value) => out.push(u8::from(!value)),
            Self::Byte(value) => put(out, 2, &value.to_be_bytes()),
            Self::Short(value) => put(out, 3, &value.to_be_bytes()),
            Self::Integer(value) => put(out, 4, &value.to_be_bytes()),
            Self::Long(value) => put(out, 5, &value.to_be_bytes()),
            Self::Timestamp(value) => put(out, 8, &value.to_be_bytes()),
            Self::Uuid(value) => put(out, 9, value),
        }
        Some(())
    }
}

fn put(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    out.push(kind);
    out.extend_from_slice(bytes);
}

fn header(rest: &mut &[u8]) -> Result<(String, HeaderValue), NoFrame> {
    let name_length = usize::from(take(rest, 1)?[0]);
    let name = text(take(rest, name_length)?)?;
    let value = match take(rest, 1)?[0] {
        0 => HeaderValue::Bool(true),
        1 => HeaderValue::Bool(false),
        2 => HeaderValue::Byte(i8::from_be_bytes(array(take(rest, 1)?)?)),
        3 => HeaderValue::Short(i16::from_be_bytes(array(take(rest, 2)?)?)),
        4 => HeaderValue::Integer(i32::from_be_bytes(array(take(rest, 4)?)?)),
        5 => HeaderValue::Long(i64::from_be_bytes(array(take(rest, 8)?)?)),
        6 => HeaderValue::Bytes(Bytes::copy_from_slice(sized(rest)?)),
        7 => HeaderValue::Text(text(sized(rest)?)?),
        8 => HeaderValue::Timestamp(i64::from_be_bytes(array(take(rest, 8)?)?)),
        9 => HeaderValue::Uuid(array(take(rest, 16)?)?),
        _ => return Err(NoFrame::Header),
    };
    Ok((name, value))
}

fn sized<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], NoFrame> {
    let length = u16::from_be_bytes(array(take(rest, 2)?)?);
    take(rest, usize::from(length))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], NoFrame> {
    let (taken, left) = rest.split_at_checked(length).ok_or(NoFrame::Header)?;
    *rest = left;
    Ok(taken)
}

fn text(bytes: &[u8]) -> Result<String, NoFrame> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| NoFrame::Header)
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], NoFrame> {
    bytes.try_into().map_err(|_| NoFrame::Header)
}

fn number(bytes: &[u8]) -> Result<usize, NoFrame> {
    usize::try_from(u32::from_be_bytes(array(bytes)?)).map_err(|_| NoFrame::Length)
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// How long the frame at the start of `bytes` is; `None` while its prelude is not complete.
fn length(bytes: &[u8], limit: usize) -> Result<Option<usize>, NoFrame> {
    let Some(prelude) = bytes.get(..PRELUDE) else { return Ok(None) };
    let (length, headers) = (number(&prelude[..4])?, number(&prelude[4..8])?);
    let least = headers.checked_add(PRELUDE + CHECKSUM).ok_or(NoFrame::Length)?;
    if length < least || length > limit {
        return Err(NoFrame::Length);
    }
    if u32::from_be_bytes(array(&prelude[8..])?) != crc(&prelude[..8]) {
        return Err(NoFrame::Checksum);
    }
    Ok(Some(length))
}

/// The bytes of the frame at the start of `bytes`, if it is whole and its prelude is right.
pub fn first(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(..length(bytes, MAX_FRAME).ok()??)
}

/// Reads frames from pieces of any size.
#[derive(Debug)]
pub struct FrameParser {
    pending: BytesMut,
    limit: usize,
}

impl Default for FrameParser {
    fn default() -> Self {
        Self::new(MAX_FRAME)
    }
}

impl FrameParser {
    /// A parser that keeps frames of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { pending: BytesMut::new(), limit: limit.min(MAX_FRAME) }
    }

    /// The frames that `bytes` completes.
    ///
    /// # Errors
    /// What came is no frame, or one larger than the limit; the parser is of no further use.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Frame>, NoFrame> {
        self.pending.extend_from_slice(bytes);
        let mut frames = Vec::new();
        while let Some(length) = length(&self.pending, self.limit)?
            && self.pending.len() >= length
        {
            frames.push(Frame::read(&self.pending.split_to(length))?);
        }
        Ok(frames)
    }

    /// Whether the body ended in the middle of a frame.
    pub fn is_inside_frame(&self) -> bool {
        !self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of the protocol's description: a frame without headers and payload.
    const EMPTY: [u8; 16] = [0, 0, 0, 0x10, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff];

    #[test]
    fn the_empty_frame_is_that_of_the_protocol() {
        let empty = Frame { headers: Vec::new(), payload: Bytes::new() };
        assert_eq!(empty.write().unwrap(), EMPTY);
        assert_eq!(Frame::read(&EMPTY), Ok(empty));
    }

    fn value() -> impl Strategy<Value = HeaderValue> {
        prop_oneof![
            any::<bool>().prop_map(HeaderValue::Bool),
            any::<i8>().prop_map(HeaderValue::Byte),
            any::<i16>().prop_map(HeaderValue::Short),
            any::<i32>().prop_map(HeaderValue::Integer),
            any::<i64>().prop_map(HeaderValue::Long),
            proptest::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| HeaderValue::Bytes(bytes.into())),
            ".{0,9}".prop_map(HeaderValue::Text),
            any::<i64>().prop_map(HeaderValue::Timestamp),
            any::<[u8; 16]>().prop_map(HeaderValue::Uuid),
        ]
    }

    fn frame() -> impl Strategy<Value = Frame> {
        let headers = proptest::collection::vec((":?[a-z-]{1,12}", value()), 0..5);
        let payload = proptest::collection::vec(any::<u8>(), 0..60);
        (headers, payload).prop_map(|(headers, payload)| Frame { headers, payload: payload.into() })
    }

    proptest! {
        #[test]
        fn frames_are_read_as_written_however_they_are_split(
            frames in proptest::collection::vec(frame(), 0..5),
            size in 1..40_usize,
        ) {
            let bytes: Vec<u8> = frames.iter().flat_map(|frame| frame.write().unwrap()).collect();
            let mut parser = FrameParser::default();
            let read: Vec<Frame> = bytes.chunks(size).flat_map(|piece| parser.push(piece).unwrap()).collect();
            prop_assert_eq!(read, frames);
            prop_assert!(!parser.is_inside_frame());
        }

        #[test]
        fn a_changed_byte_is_noticed(frame in frame(), at in any::<proptest::sample::Index>(), by in 1..=255_u8) {
            let mut bytes = frame.write().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= by;
            prop_assert!(Frame::read(&bytes).is_err());
            prop_assert!(Frame::read(&bytes[..at]).is_err());
        }
    }

    #[test]
    fn a_frame_that_promises_too_much_is_refused_before_it_comes() {
        let frame = Frame { headers: Vec::new(), payload: vec![0; 2000].into() }.write().unwrap();
        assert_eq!(FrameParser::new(1000).push(&frame[..PRELUDE]), Err(NoFrame::Length));
    }
}
