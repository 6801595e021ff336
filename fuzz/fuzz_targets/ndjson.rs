//! Lines are the same however the body was split, and a recorded stream comes back as it was.
#![no_main]

mod shared;

use libfuzzer_sys::fuzz_target;
use stack_test::wire::{NdjsonLine, NdjsonParser};

fn lines<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<NdjsonLine> {
    let mut parser = NdjsonParser::default();
    let mut lines = Vec::new();
    for piece in pieces {
        lines.extend(parser.push(piece).expect("an input is far below the limit"));
    }
    lines.extend(parser.finish());
    lines
}

fuzz_target!(|input: &[u8]| {
    let (body, size) = shared::body_and_size(input);
    assert_eq!(lines(body.chunks(size)), lines(std::iter::once(body)));
    shared::assert_recorded("application/x-ndjson", body, size);
});
