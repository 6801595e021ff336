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
    /// What the stack told of its work, as far as it had come.
    pub telemetry: Telemetry,
}

/// What a stack tells of its work by OpenTelemetry.
#[derive(Debug, Clone, Default)]
pub struct Telemetry {
    /// Spans, each a mapping: `name`, `kind`, `attributes`, `resource`, `status`, …
    pub spans: Vec<serde_json::Value>,
    /// Data points of metrics, each a mapping: `name`, `kind`, `value`, `attributes`, …
    pub metrics: Vec<serde_json::Value>,
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
