//! The words in which a dialect is described.

/// What is particular to a provider.
#[derive(Debug)]
pub struct Dialect {
    /// Its name in setups and on the command line.
    pub name: &'static str,
    /// One line for the reference.
    pub summary: &'static str,
    /// The variable that points a stack at such a provider, as one writes it.
    pub example: &'static str,
    /// The parts of its answers that differ from call to call although nothing has changed.
    pub volatile: &'static [Volatile],
    /// What the paths of requests end with that a stack makes on its own account (`GET`): lists of models, health. They
    /// belong to no case, whichever case happened to be first after a cache ran out.
    pub polled: &'static [&'static str],
    /// Request headers (lower case) whose values are secrets.
    pub secret_headers: &'static [&'static str],
}

/// A part of an answer that differs from call to call.
#[derive(Debug)]
pub struct Volatile {
    /// What the path of the request ends with.
    pub endpoint: &'static str,
    /// Where it is in the answer or in each event of it: keys between slashes, `*` for any.
    pub at: &'static str,
    /// What it is.
    pub kind: Kind,
}

/// What a volatile part is, which says what is stored in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string that names something; stored as its prefix and a digest of the call, so that different things keep
    /// different names. Later requests of the case that quote it are changed with it.
    Id,
    /// Seconds since 1970; stored as `0`.
    UnixTime,
    /// A date and time; stored as `1970-01-01T00:00:00Z`.
    Timestamp,
    /// How long something took; stored as `1`, since readers divide by it.
    Duration,
    /// A string without meaning for the reader; stored as this one.
    Text(&'static str),
}

impl Volatile {
    /// An entry of [`Dialect::volatile`].
    pub(super) const fn new(endpoint: &'static str, at: &'static str, kind: Kind) -> Self {
        Self { endpoint, at, kind }
    }
}

/// How a streamed body is divided into events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events: blank lines between them.
    Sse,
    /// One JSON value a line.
    Ndjson,
    /// Amazon's frames: lengths, headers, a payload, checksums.
    EventStream,
}

impl Framing {
    /// The framing that a `content-type` announces; `None` if the body is not a stream.
    pub fn of(content_type: &str) -> Option<Self> {
        match content_type.split(';').next()?.trim().to_ascii_lowercase().as_str() {
            "text/event-stream" => Some(Self::Sse),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Some(Self::Ndjson),
            "application/vnd.amazon.eventstream" => Some(Self::EventStream),
            _ => None,
        }
    }
}
