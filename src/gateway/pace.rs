//! Recorded pieces at their time.

use crate::model::ReplaySpeed;
use crate::wire::message::{Piece, Response};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec::IntoIter;
use tokio::time::{Instant, Sleep, sleep};

/// The pieces of a recorded answer, each not before its time.
pub(super) struct Paced {
    pieces: IntoIter<Piece>,
    /// The piece that is waited for.
    next: Option<Piece>,
    waiting: Pin<Box<Sleep>>,
    /// When the head was given.
    began: Instant,
    factor: f64,
}

impl Paced {
    /// The pieces of an answer whose head is given now, `factor` times as fast as they were recorded.
    pub(super) fn new(pieces: Vec<Piece>, factor: f64) -> Self {
        let mut paced = Self {
            pieces: pieces.into_iter(),
            next: None,
            waiting: Box::pin(sleep(Duration::ZERO)),
            began: Instant::now(),
            factor,
        };
        paced.advance();
        paced
    }

    fn advance(&mut self) {
        self.next = self.pieces.next();
        if let Some(piece) = &self.next {
            let left = scaled(piece.at, self.factor).saturating_sub(self.began.elapsed());
            self.waiting = Box::pin(sleep(left));
        }
    }

    /// The next piece when its time has come; `None` behind the last.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        if self.next.is_some() && self.waiting.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        let piece = self.next.take();
        self.advance();
        Poll::Ready(piece)
    }
}

/// Waits as long as the provider took for the head of `response`.
pub(super) async fn before_head(response: &Response, speed: ReplaySpeed) {
    if let (ReplaySpeed::Times(factor), Some(head)) = (speed, &response.head) {
        sleep(scaled(head.after, factor)).await;
    }
}

/// A factor may be as small as one likes: no pause is longer than the longest duration.
fn scaled(milliseconds: u64, factor: f64) -> Duration {
    let seconds = Duration::from_millis(milliseconds).as_secs_f64() / factor;
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}
