//! An answer as the runner saw it.

use bytes::Bytes;
use std::time::Duration;

/// An answer as the runner saw it, whole, with the time at which each piece of it arrived.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, and values, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it came.
    pub body: Bytes,
    /// Where in the body each piece ended, and when it arrived.
    pub chunks: Vec<Chunk>,
    /// From sending the request to the end of the body.
    pub duration: Duration,
    /// How the body ended.
    pub ending: Ending,
}

/// A piece of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Offset in the body of the byte after the piece.
    pub end: usize,
    /// When it arrived, counted from the sending of the request.
    pub at: Duration,
}

/// How a body ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// As HTTP says it must.
    Complete,
    /// The connection broke; with the words of the HTTP client.
    Aborted(String),
    /// The time allowed was over before the body was.
    TimedOut,
}
