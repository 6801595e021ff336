//! The body of a request, whole.

use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::time::Duration;
use tokio::time::timeout;

/// Bytes that a body may have.
const LARGEST: usize = 256 * 1024 * 1024;

/// How long a client may stay silent in the middle of it.
const SILENCE: Duration = Duration::from_secs(30);

/// How long all of it may take: a byte now and then must not hold a place for ever.
const ALL: Duration = Duration::from_secs(300);

/// Why there is no whole body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyProblem {
    /// It is too large.
    #[error("the body of a request may have {} MiB", LARGEST >> 20)]
    TooLarge,
    /// The client stopped in the middle.
    #[error("the body of the request did not go on for {} seconds", SILENCE.as_secs())]
    Stalled,
    /// The client sends a byte now and then.
    #[error("the body of the request took more than {} seconds", ALL.as_secs())]
    Slow,
    /// The client hung up, or its chunks make no sense.
    #[error("the body of the request broke off, or its chunks make no sense")]
    BrokenOff,
}

/// Reads `body` to its end.
pub(super) async fn whole(body: Incoming) -> Result<Bytes, BodyProblem> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > LARGEST as u64 {
        return Err(BodyProblem::TooLarge);
    }
    timeout(ALL, frames(body)).await.unwrap_or(Err(BodyProblem::Slow))
}

async fn frames(mut body: Incoming) -> Result<Bytes, BodyProblem> {
    // Nearly always there is one frame, which is not copied.
    let (mut first, mut all) = (Bytes::new(), Vec::new());
    loop {
        let frame = timeout(SILENCE, body.frame()).await.map_err(|_| BodyProblem::Stalled)?;
        let Some(frame) = frame else { break };
        // Trailers say nothing that any provider would read.
        let Ok(data) = frame.map_err(|_| BodyProblem::BrokenOff)?.into_data() else { continue };
        if data.len() > LARGEST - first.len() - all.len() {
            return Err(BodyProblem::TooLarge);
        }
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.into() })
}
