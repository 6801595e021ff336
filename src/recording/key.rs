//! When two requests are the same question.

use super::canonical::{canonical_json, sorted_query};
use super::multipart::parts;
use crate::wire::message::Request;
use std::fmt;

/// The canonical form of a request, digested: provider, method, path, sorted query and body.
///
/// A JSON body counts by value (order of keys, white space, escapes and `1.0` against `1` do not matter), a multipart
/// body by its parts, any other by its bytes. Nothing is ignored: another prompt, model or temperature is another key.
/// Request headers are no part of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key([u8; 32]);

impl std::hash::Hash for Key {
    /// It is a digest: any eight bytes of it are as good a hash as all of them.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
    }
}

impl Key {
    /// The key of `request`.
    pub fn of(request: &Request) -> Self {
        let mut hasher = blake3::Hasher::new();
        let mut field = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        field(request.provider.as_bytes());
        field(request.method.as_bytes());
        field(request.path.as_bytes());
        field(sorted_query(&request.query).as_bytes());
        if let Some(parts) = request.content_type.as_deref().and_then(|kind| parts(kind, &request.body)) {
            field(b"multipart");
            for part in parts {
                for header in &part.headers {
                    field(header.as_bytes());
                }
                field(b"");
                field(part.body);
            }
        } else if let Some(json) = canonical_json(&request.body) {
            field(b"json");
            field(&json);
        } else {
            field(b"bytes");
            field(&request.body);
        }
        Self(*hasher.finalize().as_bytes())
    }

    /// A short name that is the same in every run, for thing `ordinal` of the answer to the `occurrence`th call with
    /// this key.
    pub(super) fn name(&self, occurrence: usize, ordinal: usize) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0);
        hasher.update(&(occurrence as u64).to_le_bytes());
        hasher.update(&(ordinal as u64).to_le_bytes());
        hasher.finalize().to_hex()[..16].to_owned()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", blake3::Hash::from_bytes(self.0).to_hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn key(query: &str, content_type: &str, body: &str) -> Key {
        Key::of(&Request {
            provider: "openai".into(),
            method: "POST".into(),
            path: "/v1/x".into(),
            query: query.into(),
            content_type: Some(content_type.into()),
            body: Bytes::copy_from_slice(body.as_bytes()),
        })
    }

    fn json(body: &str) -> Key {
        key("", "application/json", body)
    }

    #[test]
    fn json_counts_by_value() {
        assert_eq!(json(r#"{"a":1,"b":"é"}"#), json(r#"{ "b": "\u00e9", "a": 1.0 }"#));
        assert_eq!(json("[1e2,-0]"), json("[100, 0.0]"));
        for (one, other) in [
            (r#"{"a":1}"#, r#"{"a":2}"#),
            (r#"{"a":1}"#, r#"{"a":"1"}"#),
            (r#"{"a":null}"#, "{}"),
            ("[1,2]", "[2,1]"),
            (r#"["ab"]"#, r#"["a","b"]"#),
            ("[0.1]", "[0.10000000000000002]"),
            ("[18446744073709551616]", "[18446744073709551617]"),
        ] {
            assert_ne!(json(one), json(other), "{one} {other}");
        }
    }

    #[test]
    fn the_order_of_query_parameters_does_not_matter() {
        assert_eq!(key("a=1&b=2", "", ""), key("b=2&a=1", "", ""));
        assert_ne!(key("a=1&b=2", "", ""), key("a=2&b=1", "", ""));
    }

    #[test]
    fn a_multipart_boundary_does_not_matter() {
        let body = |b: &str, text: &str| {
            format!("--{b}\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n{text}\r\n--{b}--\r\n")
        };
        let key =
            |b: &str, text: &str| key("", &format!("multipart/form-data; boundary={b}"), &body(b, text));
        assert_eq!(key("x1", "hello"), key("y22", "hello"));
        assert_ne!(key("x1", "hello"), key("x1", "hullo"));
    }
}
