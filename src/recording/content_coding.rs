//! Compressed bodies, unpacked to be looked into.

use std::io::Read;

/// No body is unpacked any further, in bytes: a few of them can unpack to as many as one likes.
const LONGEST: u64 = 64 * 1024 * 1024;

/// `bytes` without their `content-encoding`; `None` if it is unknown, or the body is broken or too long.
pub(super) fn decoded(coding: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = bytes.to_vec();
    // Of several codings the last one was put on last.
    for coding in coding.rsplit(',') {
        plain = one(&coding.trim().to_ascii_lowercase(), &plain)?;
    }
    Some(plain)
}

fn one(coding: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    match coding {
        "gzip" | "x-gzip" => all(flate2::read::MultiGzDecoder::new(bytes)),
        "deflate" => {
            let zlib = all(flate2::read::ZlibDecoder::new(bytes));
            zlib.or_else(|| all(flate2::read::DeflateDecoder::new(bytes)))
        }
        "br" => all(brotli_decompressor::Decompressor::new(bytes, 4096)),
        "zstd" => all(ruzstd::decoding::StreamingDecoder::new(bytes).ok()?),
        "identity" | "" => Some(bytes.to_vec()),
        _ => None,
    }
}

fn all(reader: impl Read) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let count = reader.take(LONGEST + 1).read_to_end(&mut plain).ok()?;
    (count as u64 <= LONGEST).then_some(plain)
}
