//! Plain HTTP to hosts that are no provider's.

use super::hosts::Destination;
use super::tunnel;
use crate::gateway::Via;
use crate::gateway::answer::{AnswerBody, BrokenOff};
use http::header::{CONNECTION, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::time::Duration;
use tokio::sync::mpsc::channel;
use tokio::time::timeout;

/// How long the head of an answer may take.
const HEAD: Duration = Duration::from_secs(300);
/// Pieces that may wait for a slow client.
const WAITING: usize = 16;

/// Asks `destination` and passes its answer on as it arrives.
pub(super) async fn relay(
    request: http::Request<Incoming>,
    destination: &Destination,
    via: Option<&Via>,
) -> Result<http::Response<AnswerBody>, Box<dyn Error + Send + Sync>> {
    let stream = match via {
        Some(via) => tunnel::reach(&via.host, via.port).await?,
        None => tunnel::connect(destination, None).await?,
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let response = timeout(HEAD, sender.send_request(adapted(request, destination, via)?)).await??;
    let (mut head, mut body) = response.into_parts();
    strip(&mut head.headers);
    let (pieces, receiver) = channel(WAITING);
    tokio::spawn(async move {
        while let Some(frame) = body.frame().await {
            let piece = match frame.map(http_body::Frame::into_data) {
                Ok(Ok(bytes)) => Ok(bytes),
                Ok(Err(_trailers)) => continue,
                Err(_) => Err(BrokenOff),
            };
            if pieces.send(piece).await.is_err() {
                return;
            }
        }
    });
    Ok(http::Response::from_parts(head, AnswerBody::Arriving(receiver)))
}

/// The request as the next one is to see it.
fn adapted(
    request: http::Request<Incoming>,
    destination: &Destination,
    via: Option<&Via>,
) -> Result<http::Request<Incoming>, Box<dyn Error + Send + Sync>> {
    let (mut head, body) = request.into_parts();
    strip(&mut head.headers);
    let host = head.uri.authority().map_or_else(|| destination.to_string(), ToString::to_string);
    head.headers.insert(HOST, HeaderValue::try_from(host)?);
    match via {
        Some(via) => {
            if let Some(value) = &via.authorization {
                head.headers.insert(PROXY_AUTHORIZATION, HeaderValue::try_from(value.expose())?);
            }
        }
        None => {
            let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
            head.uri = Uri::try_from(path)?;
        }
    }
    Ok(http::Request::from_parts(head, body))
}

/// Takes the headers out that are about one connection.
fn strip(headers: &mut HeaderMap) {
    for name in [CONNECTION, TRANSFER_ENCODING, PROXY_AUTHORIZATION] {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection", "te", "upgrade"] {
        headers.remove(name);
    }
}
