//! What several targets do with their input; each is a program of its own and uses a part of it.
#![allow(dead_code, reason = "each target uses a part")]

use bytes::Bytes;
use stack_test::recording::{Owner, Set, parse, write};
use stack_test::wire::message::{Body, End, Exchange, Head, Piece, Request, Response};

/// The body in the input, and the size of the pieces in which it comes.
pub fn body_and_size(input: &[u8]) -> (&[u8], usize) {
    match input {
        [size, body @ ..] => (body, usize::from(*size) + 1),
        [] => (&[], 1),
    }
}

/// Asserts that a body of this type comes back from its recording as it was, piece by piece.
pub fn assert_recorded(content_type: &str, body: &[u8], size: usize) {
    let pieces = body.chunks(size).enumerate();
    let pieces = pieces.map(|(at, bytes)| Piece { at: at as u64 / 2, bytes: Bytes::copy_from_slice(bytes) });
    let response = Response {
        head: Some(Head::new(200, vec![("content-type".into(), content_type.into())])),
        body: Body::Stream(pieces.collect()),
        end: End::Complete,
    };
    let request = Request {
        provider: "p".into(),
        method: "GET".into(),
        path: "/".into(),
        query: String::new(),
        content_type: None,
        body: Bytes::copy_from_slice(body),
    };
    assert_read_as_written(&Set { owner: Owner::Session, exchanges: vec![Exchange { request, response }] });
}

/// Asserts that the set comes back from its file as it was.
pub fn assert_read_as_written(set: &Set) {
    let written = write(set);
    let blob =
        |path: &str| written.blobs.iter().find(|blob| blob.path == path).map(|blob| blob.bytes.clone());
    assert_eq!(parse(&written.text, &set.owner, &blob).as_ref(), Ok(set));
}
