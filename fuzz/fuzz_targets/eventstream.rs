//! What is read as frames is written back to the same bytes, however it was split; what is no frame is refused.
#![no_main]

mod shared;

use libfuzzer_sys::fuzz_target;
use stack_test::wire::eventstream::{Frame, FrameParser, HeaderValue};

/// Reads `bytes` in pieces; what comes before an error counts.
fn frames(bytes: &[u8], size: usize) -> (Vec<Frame>, bool) {
    let mut parser = FrameParser::default();
    let mut frames = Vec::new();
    for piece in bytes.chunks(size) {
        match parser.push(piece) {
            Ok(read) => frames.extend(read),
            Err(_) => return (frames, false),
        }
    }
    (frames, true)
}

fuzz_target!(|input: &[u8]| {
    let (body, size) = shared::body_and_size(input);
    let (read, fine) = frames(body, size);
    // Checksums are hard to guess, so the input is what a frame carries, too.
    let (name, value) = body.split_at(body.len().min(size % 40));
    let name = String::from_utf8_lossy(name).into_owned();
    let made = Frame {
        headers: vec![
            (":event-type".to_owned(), HeaderValue::Text(name.clone())),
            (name, HeaderValue::Bytes(value[..value.len().min(100)].to_vec().into())),
        ],
        payload: value.to_vec().into(),
    };
    let written: Vec<u8> =
        read.iter().chain([&made]).flat_map(|frame| frame.write().unwrap_or_default()).collect();
    if fine {
        let consumed = written.len() - made.write().map_or(0, |bytes| bytes.len());
        assert_eq!(written[..consumed], body[..consumed]);
    }
    let again = frames(&written, size);
    assert!(again.1 && again.0[..read.len()] == read);
    assert!(made.write().is_none() || again.0.last() == Some(&made));
    let plain = Frame { headers: made.headers[..1].to_vec(), payload: made.payload.clone() };
    let stream = [&written[..], &plain.write().unwrap_or_default(), body].concat();
    shared::assert_recorded("application/vnd.amazon.eventstream", &stream, size);
});
