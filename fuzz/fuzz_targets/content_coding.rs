//! No compressed body makes a decoder panic or give more than was asked for.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use stack_test::wire::content_coding::decode;

const LIMIT: usize = 100_000;

fuzz_target!(|body: &[u8]| {
    let body = Bytes::copy_from_slice(body);
    for coding in ["gzip", "deflate", "br", "zstd", "gzip, br"] {
        if let Ok(decoded) = decode(coding, &body, LIMIT) {
            assert!(decoded.len() <= LIMIT);
        }
    }
});
