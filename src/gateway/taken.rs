//! What an answer has said so far, while it is being passed on.

use crate::wire::message::{Body, Piece};
use bytes::Bytes;

/// The most that is kept of one answer, in bytes.
pub const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// What a piece costs beside its bytes: a provider that sends single ones must not fill the memory either.
const PIECE: usize = 64;

/// The pieces of an answer as they arrive, up to [`LARGEST_ANSWER`].
#[derive(Debug)]
pub(super) struct Taken {
    /// `None` when there was too much: what came is forgotten, and nothing more is taken.
    pieces: Option<Vec<Piece>>,
    cost: usize,
}

impl Taken {
    /// Nothing yet, and nothing ever if it is not `wanted`.
    pub(super) fn new(wanted: bool) -> Self {
        Self { pieces: wanted.then(Vec::new), cost: 0 }
    }

    /// Takes what arrived `at` milliseconds after the head.
    pub(super) fn push(&mut self, at: u64, bytes: &Bytes) {
        self.cost = self.cost.saturating_add(bytes.len()).saturating_add(PIECE);
        if self.cost > LARGEST_ANSWER {
            self.pieces = None;
        } else if let Some(pieces) = self.pieces.as_mut().filter(|_| !bytes.is_empty()) {
            pieces.push(Piece { at, bytes: bytes.clone() });
        }
    }

    /// Whether the answer can still be kept.
    pub(super) fn is_whole(&self) -> bool {
        self.pieces.is_some()
    }

    /// The body; `None` if there was too much. One that is no stream of events is kept in its pieces only if it came in
    /// several and its length was not announced: else where the network split it says nothing.
    pub(super) fn into_body(self, framed: bool, announced: bool) -> Option<Body> {
        let pieces = self.pieces?;
        let streamed = framed || !announced && pieces.len() > 1;
        let body = Body::Stream(pieces);
        Some(if streamed { body } else { Body::Whole(body.bytes()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_pieces_of_one_byte_are_too_much() {
        let mut taken = Taken::new(true);
        let pushed = (0..2_000_000).take_while(|at| {
            taken.push(*at, &Bytes::from_static(b"a"));
            taken.is_whole()
        });
        assert_eq!(pushed.count(), LARGEST_ANSWER / (PIECE + 1));
        assert!(taken.into_body(true, false).is_none());
    }
}
