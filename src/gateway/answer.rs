//! Answers as HTTP.

use super::pace::Paced;
use crate::model::ReplaySpeed;
use crate::wire::message::{Body, End, Exchange, Piece};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec::IntoIter;
use tokio::sync::mpsc::Receiver;

/// What hyper is told where an answer must not look complete; it closes the connection in the middle.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the provider's answer broke off")]
pub(super) struct BrokenOff;

/// The body of an answer.
pub(super) enum AnswerBody {
    /// Everything at once.
    Whole(Option<Bytes>),
    /// The recorded pieces, and whether the end is missing.
    Pieces(IntoIter<Piece>, bool),
    /// The same, each at its time.
    Paced(Box<Paced>, bool),
    /// What a provider sends, as it arrives.
    Arriving(Receiver<Result<Bytes, BrokenOff>>),
    /// Breaking off at the next poll.
    Breaking,
}

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = self.get_mut();
        match this {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Pieces(pieces, broken) => match pieces.next() {
                Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece.bytes)))),
                None if *broken => this.break_off(cx),
                None => Poll::Ready(None),
            },
            Self::Paced(pieces, broken) => match pieces.poll_next(cx) {
                Poll::Ready(Some(piece)) => Poll::Ready(Some(Ok(Frame::data(piece.bytes)))),
                Poll::Ready(None) if *broken => this.break_off(cx),
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            },
            Self::Arriving(receiver) => match receiver.poll_recv(cx) {
                Poll::Ready(Some(Ok(bytes))) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Poll::Ready(Some(Err(BrokenOff))) => this.break_off(cx),
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            },
            Self::Breaking => Poll::Ready(Some(Err(BrokenOff))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Pieces(..) | Self::Paced(..) | Self::Arriving(_) | Self::Breaking => SizeHint::default(),
        }
    }
}

impl AnswerBody {
    /// hyper throws away what it has not written yet when a body fails, so it is given the time to write it.
    fn break_off<T>(&mut self, cx: &mut Context<'_>) -> Poll<T> {
        *self = Self::Breaking;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// A body of one piece.
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

/// An answer of the gateway itself, in the shape of OpenAI's errors. `note` says what it is about.
pub(super) fn own(status: StatusCode, note: &'static str, message: &str) -> http::Response<AnswerBody> {
    let error = serde_json::json!({
        "message": message, "type": "stack_test", "param": null, "code": note,
    });
    own_with(status, note, error)
}

/// The same, with everything that `error` has to say.
pub(super) fn own_with(
    status: StatusCode,
    note: &'static str,
    error: serde_json::Value,
) -> http::Response<AnswerBody> {
    let body = serde_json::Value::from_iter([("error", error)]);
    let mut response = http::Response::new(AnswerBody::whole(body.to_string().into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(super::NOTE, HeaderValue::from_static(note));
    response
}

/// Headers that say how a body is sent, which is decided anew for a recorded one.
const FRAMING: [&str; 5] = ["content-length", "transfer-encoding", "connection", "upgrade", "trailer"];

/// The recorded answer.
pub(super) fn recorded(exchange: &Exchange, speed: ReplaySpeed) -> http::Response<AnswerBody> {
    let (request, response) = (&exchange.request, &exchange.response);
    let Some(head) = &response.head else { return without_head(&request.provider, response.end) };
    let broken = response.end != End::Complete;
    // They speak of a body that is not sent, and so they are the provider's.
    let bodiless = request.method == "HEAD" || head.status == 304;
    let body = match (&response.body, speed) {
        // Of unknown length, so that hyper leaves the length alone that the head may tell.
        _ if bodiless => AnswerBody::Pieces(Vec::new().into_iter(), false),
        (Body::Whole(bytes), _) if !broken => AnswerBody::whole(bytes.clone()),
        (Body::Whole(bytes), _) => {
            AnswerBody::Pieces(vec![Piece { at: 0, bytes: bytes.clone() }].into_iter(), true)
        }
        (Body::Stream(pieces), ReplaySpeed::Instant) => {
            AnswerBody::Pieces(pieces.clone().into_iter(), broken)
        }
        (Body::Stream(pieces), ReplaySpeed::Times(factor)) => {
            AnswerBody::Paced(Box::new(Paced::new(pieces.clone(), factor)), broken)
        }
    };
    let mut answer = http::Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(head.status).unwrap_or(StatusCode::OK);
    for (name, value) in &head.headers {
        let framing = FRAMING.contains(&name.as_str()) && !(bodiless && name == "content-length");
        if let (false, Ok(name), Ok(value)) =
            (framing, HeaderName::try_from(name), HeaderValue::try_from(value))
        {
            answer.headers_mut().append(name, value);
        }
    }
    answer
}

/// What the stack is told when `provider` said nothing.
pub(super) fn without_head(provider: &str, end: End) -> http::Response<AnswerBody> {
    let (status, what) = match end {
        End::Timeout => {
            (StatusCode::GATEWAY_TIMEOUT, format!("the provider `{provider}` did not answer in time"))
        }
        End::Aborted => (
            StatusCode::BAD_GATEWAY,
            format!("the provider `{provider}` hung up or sent what is no HTTP before its answer began"),
        ),
        End::Refused | End::Complete => (
            StatusCode::BAD_GATEWAY,
            format!(
                "the provider `{provider}` cannot be reached: it refused the connection, or its name or certificate is wrong"
            ),
        ),
    };
    own(status, "upstream", &what)
}
