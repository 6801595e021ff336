//! What a compressed body says.
//!
//! Nothing is ever kept or passed on decompressed: a recording holds the provider's bytes. This is for looking into them.

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::io::{self, Read};

/// Codings on top of one another; nobody sends more than two.
const MOST: usize = 4;

/// Where looking into a body ends, in bytes, for those who have no limit of their own.
pub const LONGEST: usize = 64 * 1024 * 1024;

/// Working memory of the brotli decoder, in bytes.
const BROTLI_BUFFER: usize = 4096;

/// A body that cannot be looked into.
#[derive(Debug, thiserror::Error)]
pub enum Undecodable {
    /// A coding that is not known.
    #[error("there is no content coding `{0}`: gzip, deflate, br, zstd, identity")]
    Unknown(String),
    /// The bytes are not what the coding says.
    #[error("the body is no {coding}: {problem}")]
    Broken {
        /// The coding.
        coding: String,
        /// What the decoder says.
        problem: String,
    },
    /// It would fill the memory.
    #[error("the body has more than {0} bytes when it is decompressed")]
    TooLarge(usize),
}

/// What `bytes` say when the codings of a `content-encoding` header (the last one was applied last) are taken off. Never
/// holds more than `limit` bytes and a little.
///
/// # Errors
/// A coding is unknown, the bytes are broken, or there would be more than `limit` of them.
pub fn decode(encoding: &str, bytes: &Bytes, limit: usize) -> Result<Bytes, Undecodable> {
    let codings: Vec<String> = encoding
        .split(',')
        .map(|coding| coding.trim().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    if codings.len() > MOST {
        return Err(Undecodable::Unknown(encoding.to_owned()));
    }
    codings.iter().rev().try_fold(bytes.clone(), |bytes, coding| one(coding, &bytes, limit))
}

fn one(coding: &str, bytes: &[u8], limit: usize) -> Result<Bytes, Undecodable> {
    let broken = |problem: String| Undecodable::Broken { coding: coding.to_owned(), problem };
    let mut reader: Box<dyn Read + '_> = match coding {
        "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(bytes)),
        // The standard means zlib's wrapping; some servers leave it out.
        "deflate" if bytes.first().is_some_and(|first| first & 0x0f == 8) => {
            Box::new(ZlibDecoder::new(bytes))
        }
        "deflate" => Box::new(DeflateDecoder::new(bytes)),
        "br" => Box::new(brotli_decompressor::Decompressor::new(bytes, BROTLI_BUFFER)),
        "zstd" => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(bytes);
            Box::new(decoder.map_err(|error| broken(error.to_string()))?)
        }
        other => return Err(Undecodable::Unknown(other.to_owned())),
    };
    read(&mut reader, limit).map_err(|error| broken(error.to_string()))?.ok_or(Undecodable::TooLarge(limit))
}

/// All that `reader` gives; `None` if it is more than `limit`.
fn read(reader: &mut dyn Read, limit: usize) -> io::Result<Option<Bytes>> {
    let mut out = Vec::new();
    reader.take(limit as u64 + 1).read_to_end(&mut out)?;
    Ok((out.len() <= limit).then(|| out.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use std::io::Write;

    const TEXT: &[u8] = b"{\"answer\":\"Saturn Saturn Saturn Saturn Saturn\"}";
    /// `TEXT`, as the programs `brotli` and `zstd` write it.
    const BROTLI: &str = "1b2e00f81d076eac65ce21396aaba7c2e8f6a48e5c5f8b80b8d54d492821aa12d8a47d0aec2d0c";
    const ZSTD: &str = "28b52ffd0458d50000a07b22616e73776572223a2253617475726e20227d0100149630a9fe0f06";

    fn gzip(text: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn every_coding_is_taken_off() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(TEXT).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(TEXT).unwrap();
        for (coding, bytes) in [
            ("identity", Bytes::from_static(TEXT)),
            ("", Bytes::from_static(TEXT)),
            ("GZIP", gzip(TEXT)),
            ("x-gzip", gzip(TEXT)),
            ("gzip, identity, gzip", gzip(&gzip(TEXT))),
            ("deflate", zlib.finish().unwrap().into()),
            ("deflate", raw.finish().unwrap().into()),
            ("br", unhex(BROTLI)),
            ("zstd", unhex(ZSTD)),
        ] {
            assert_eq!(decode(coding, &bytes, 100).unwrap(), TEXT, "{coding}");
            let result = decode(coding, &bytes.slice(..bytes.len() - 3), 100);
            assert!(result.is_err() || coding.len() < 9 && result.unwrap() != TEXT, "{coding} cut short");
        }
    }

    fn unhex(text: &str) -> Bytes {
        let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = gzip(&vec![0; 10_000_000]);
        assert!(bomb.len() < 20_000);
        assert!(matches!(decode("gzip", &bomb, 1_000_000), Err(Undecodable::TooLarge(1_000_000))));
        assert!(matches!(decode(&"gzip,".repeat(50), &bomb, 100), Err(Undecodable::Unknown(_))));
        assert!(matches!(decode("lzw", &bomb, 100), Err(Undecodable::Unknown(_))));
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let nonsense = Bytes::from_static(b"\xff\xfe nonsense \x00\x01 nonsense nonsense nonsense");
            assert!(decode(coding, &nonsense, 1000).is_err(), "{coding}");
        }
    }
}
