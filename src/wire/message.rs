//! A provider call and its answer, as they are kept and compared.

use super::dialect::Framing;
use bytes::Bytes;
use std::ops::Range;

/// A request and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was asked.
    pub request: Request,
    /// What came back.
    pub response: Response,
}

/// What a provider is asked. Headers are not part of it, apart from the type of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The provider's name.
    pub provider: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path at the provider, with a leading slash, as it was sent (percent-encoded).
    pub path: String,
    /// The query without its question mark; empty if there is none.
    pub query: String,
    /// The `content-type`; kept for bodies that are not JSON.
    pub content_type: Option<String>,
    /// The body; empty if there is none.
    pub body: Bytes,
}

/// How a provider answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status and headers; `None` if the provider could not be reached or stayed silent.
    pub head: Option<Head>,
    /// The body, as far as it came.
    pub body: Body,
    /// How it ended.
    pub end: End,
}

/// Status and headers of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, in the order of the provider; a name may come several times.
    pub headers: Vec<(String, String)>,
    /// Milliseconds from the question to the head; 0 where nobody would notice, and where it is not known.
    pub after: u64,
}

impl Head {
    /// A head that came at once.
    pub fn new(status: u16, headers: Vec<(String, String)>) -> Self {
        Self { status, headers, after: 0 }
    }
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// It is of one piece: its length was announced, so that where the network split it says nothing.
    Whole(Bytes),
    /// It was streamed: the pieces are kept as they arrived.
    Stream(Vec<Piece>),
}

/// What arrived at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Milliseconds since the head of the answer arrived.
    pub at: u64,
    /// The bytes.
    pub bytes: Bytes,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As it should.
    Complete,
    /// The connection broke in the middle of the body.
    Aborted,
    /// Nothing came for longer than the gateway waits.
    Timeout,
    /// No connection could be made.
    Refused,
}

impl End {
    /// Every way to end.
    pub const ALL: [Self; 4] = [Self::Complete, Self::Aborted, Self::Timeout, Self::Refused];

    /// The word in recordings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Aborted => "aborted",
            Self::Timeout => "timeout",
            Self::Refused => "refused",
        }
    }
}

impl Response {
    /// The header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.head.as_ref()?;
        head.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// How the body is divided into events; `None` if it is not, or if it is compressed, so that nobody can see it.
    pub fn framing(&self) -> Option<Framing> {
        let encoded =
            self.header("content-encoding").is_some_and(|name| !name.eq_ignore_ascii_case("identity"));
        if encoded { None } else { Framing::of(self.header("content-type")?) }
    }

    /// Whether both say the same, whenever and in whatever pieces it came.
    pub fn says_what(&self, other: &Self) -> bool {
        let said = |head: &Option<Head>| head.as_ref().map(|head| (head.status, head.headers.clone()));
        self.end == other.end
            && said(&self.head) == said(&other.head)
            && self.body.bytes() == other.body.bytes()
    }
}

impl Body {
    /// All bytes in a row.
    pub fn bytes(&self) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes.clone(),
            Self::Stream(pieces) => match pieces.as_slice() {
                [only] => only.bytes.clone(),
                pieces => {
                    let mut all = Vec::with_capacity(pieces.iter().map(|piece| piece.bytes.len()).sum());
                    pieces.iter().for_each(|piece| all.extend_from_slice(&piece.bytes));
                    all.into()
                }
            },
        }
    }

    /// The body with `edits` made: ranges of [`Body::bytes`] in rising order that do not overlap, and what comes in
    /// their place. Where a piece ended inside a range, it ends behind the replacement.
    pub fn edited(&self, edits: &[Edit]) -> Self {
        if edits.is_empty() {
            return self.clone();
        }
        let text = apply(&self.bytes(), edits);
        match self {
            Self::Whole(_) => Self::Whole(text),
            Self::Stream(pieces) => {
                let mut moved = Moved { edits, grown: 0, shrunk: 0 };
                let (mut old_end, mut start) = (0, 0);
                let cut = pieces.iter().map(|piece| {
                    old_end += piece.bytes.len();
                    let end = moved.offset(old_end);
                    let bytes = text.slice(start..end);
                    start = end;
                    Piece { at: piece.at, bytes }
                });
                Self::Stream(cut.filter(|piece| !piece.bytes.is_empty()).collect())
            }
        }
    }
}

/// A range of bytes and what comes in its place.
pub type Edit = (Range<usize>, String);

/// `bytes` with `edits` made; they are in rising order and do not overlap.
pub fn apply(bytes: &Bytes, edits: &[Edit]) -> Bytes {
    let mut out = Vec::with_capacity(bytes.len());
    let mut done = 0;
    for (range, new) in edits {
        out.extend_from_slice(&bytes[done..range.start]);
        out.extend_from_slice(new.as_bytes());
        done = range.end;
    }
    out.extend_from_slice(&bytes[done..]);
    out.into()
}

/// Where boundaries are after the edits. They are asked for in rising order: a body may have a million of both.
struct Moved<'a> {
    /// Those that end behind the last boundary.
    edits: &'a [Edit],
    grown: usize,
    shrunk: usize,
}

impl Moved<'_> {
    fn offset(&mut self, old: usize) -> usize {
        while let [(range, new), rest @ ..] = self.edits
            && range.end <= old
        {
            self.grown += new.len();
            self.shrunk += range.len();
            self.edits = rest;
        }
        match self.edits.first() {
            // The boundary is inside: it goes behind the replacement.
            Some((range, new)) if range.start < old => {
                old + self.grown + new.len() - self.shrunk - (old - range.start)
            }
            _ => old + self.grown - self.shrunk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(pieces: &[&str]) -> Body {
        let piece = |text: &&str| Piece { at: 0, bytes: Bytes::copy_from_slice(text.as_bytes()) };
        Body::Stream(pieces.iter().map(piece).collect())
    }

    #[test]
    fn an_edit_moves_the_split_points_behind_it() {
        let body = stream(&["ab-id", "-123-c", "d"]);
        assert_eq!(body.edited(&[(3..9, "X".to_owned())]), stream(&["ab-X", "-c", "d"]));
        assert_eq!(body.edited(&[(0..1, "long".to_owned())]), stream(&["longb-id", "-123-c", "d"]));
        assert_eq!(body.edited(&[(11..12, "end".to_owned())]), stream(&["ab-id", "-123-c", "end"]));
        let two = [(1..6, "X".to_owned()), (6..12, String::new())];
        assert_eq!(body.edited(&two), stream(&["aX"]));
    }
}
