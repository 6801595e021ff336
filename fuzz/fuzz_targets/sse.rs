//! Events are the same however the body was split, and a recorded stream comes back as it was.
#![no_main]

mod shared;

use libfuzzer_sys::fuzz_target;
use stack_test::wire::SseParser;

fuzz_target!(|input: &[u8]| {
    let (body, size) = shared::body_and_size(input);
    let whole = SseParser::default().push(body).expect("an input is far below the limit");
    let mut parser = SseParser::default();
    let pieces = body.chunks(size).flat_map(|piece| parser.push(piece).expect("the same input"));
    let pieces: Vec<_> = pieces.collect();
    assert_eq!(pieces, whole);
    assert!(whole.is_sorted_by(|one, next| one.end < next.end));
    assert!(whole.iter().all(|event| event.end <= body.len()));
    shared::assert_recorded("text/event-stream", body, size);
});
