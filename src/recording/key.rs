//! When two requests are the same question.

use super::Rules;
use super::canonical::{canonical_json, skeleton};
use super::multipart::parts;
use crate::wire::message::Request;
use std::fmt;

/// Longest body, in bytes, that is searched for ids where it is no JSON: what is longer is a picture or a sound.
const SEARCHED: usize = 1 << 20;

/// The canonical form of a request, digested: provider, method, path, sorted query and body, ids only by their kinds.
///
/// A JSON body counts by value (order of keys, white space, escapes and `1.0` against `1` do not matter), a multipart
/// body by its parts, any other by its bytes. Nothing is ignored but what [`Rules`] declare: another prompt, model or
/// temperature is another key. Request headers are no part of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key([u8; 32]);

impl std::hash::Hash for Key {
    /// It is a digest: any eight bytes of it are as good a hash as all of them.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
    }
}

/// A request to the byte, digested: equal ones ask the same, whatever counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spelling([u8; 32]);

impl Spelling {
    /// That of `request`.
    pub fn of(request: &Request) -> Self {
        let Request { provider, method, path, query, content_type, body } = request;
        let kind = content_type.as_deref().unwrap_or_default();
        let mut hasher = blake3::Hasher::new();
        for text in [provider, method, path, query, kind] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.update(body);
        Self(*hasher.finalize().as_bytes())
    }
}

/// What is asked: the key, and which ids stand where it has their kinds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// The question but for its ids.
    pub key: Key,
    /// Its ids, in the order of the canonical form.
    pub ids: Vec<String>,
}

impl Question {
    /// What `request` asks, as far as it counts by `rules`.
    pub fn of(request: &Request, rules: &Rules) -> Self {
        let mut digest = Digest { hasher: blake3::Hasher::new(), ids: Vec::new() };
        let provider = request.provider.as_str();
        digest.field(provider.as_bytes());
        digest.field(request.method.as_bytes());
        digest.text(rules.text(provider, &request.path).as_bytes());
        digest.query(&request.query, (rules, provider));
        let kind = request.content_type.as_deref();
        if let Some(parts) = kind.and_then(|kind| parts(kind, &request.body)) {
            digest.field(b"multipart");
            for part in parts {
                for header in &part.headers {
                    digest.field(header.as_bytes());
                }
                digest.field(b"");
                digest.bytes(part.body, (rules, provider));
            }
        } else if let Some(json) = canonical_json(&request.body, (rules, provider), &mut digest.ids) {
            digest.field(b"json");
            digest.field(&json);
        } else {
            digest.field(b"bytes");
            digest.bytes(&request.body, (rules, provider));
        }
        Self { key: Key(*digest.hasher.finalize().as_bytes()), ids: digest.ids }
    }
}

/// A question in the making.
struct Digest {
    hasher: blake3::Hasher,
    ids: Vec<String>,
}

impl Digest {
    fn field(&mut self, bytes: &[u8]) {
        self.hasher.update(&(bytes.len() as u64).to_le_bytes());
        self.hasher.update(bytes);
    }

    fn text(&mut self, text: &[u8]) {
        match skeleton(text, &mut self.ids) {
            Some(skeleton) => self.field(&skeleton),
            None => self.field(text),
        }
    }

    /// The parameters of a query in one order, which their ids have no part in.
    fn query(&mut self, query: &str, (rules, provider): (&Rules, &str)) {
        if query.is_empty() {
            return self.field(b"");
        }
        let counting = query.split('&').filter(|text| !text.is_empty() && rules.counts(provider, text));
        let mut parameters: Vec<(Vec<u8>, Vec<String>)> = counting
            .map(|text| {
                let (text, mut ids) = (rules.text(provider, text), Vec::new());
                (skeleton(text.as_bytes(), &mut ids).unwrap_or_else(|| text.as_bytes().to_vec()), ids)
            })
            .collect();
        parameters.sort_unstable();
        let mut joined = Vec::with_capacity(query.len());
        for (place, (text, ids)) in parameters.into_iter().enumerate() {
            joined.extend((place > 0).then_some(b'&'));
            joined.extend_from_slice(&text);
            self.ids.extend(ids);
        }
        self.field(&joined);
    }

    /// A body that is no JSON.
    fn bytes(&mut self, bytes: &[u8], (rules, provider): (&Rules, &str)) {
        if bytes.len() > SEARCHED {
            return self.field(bytes);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if !rules.is_silent_on(provider) => self.text(rules.text(provider, text).as_bytes()),
            _ => self.text(bytes),
        }
    }
}

impl Key {
    /// The key of `request` where everything counts.
    pub fn of(request: &Request) -> Self {
        Question::of(request, &Rules::default()).key
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

    fn key(query: &str, content_type: &str, body: &str) -> Question {
        let request = Request {
            provider: "openai".into(),
            method: "POST".into(),
            path: "/v1/x".into(),
            query: query.into(),
            content_type: Some(content_type.into()),
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        Question::of(&request, &Rules::default())
    }

    fn json(body: &str) -> Question {
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

    #[test]
    fn an_id_counts_beside_the_key_and_only_its_kind_in_it() {
        let (one, other) = (json(r#"["see file-8f3a1b2c\n", 1]"#), json(r#"["see file-00000001\n",1]"#));
        assert_eq!(one.key, other.key);
        assert_eq!(
            (one.ids, other.ids),
            (vec!["file-8f3a1b2c".to_owned()], vec!["file-00000001".to_owned()])
        );
        assert_ne!(json(r#"["see call-8f3a1b2c\n",1]"#).key, other.key);
        assert_ne!(key("after=file-8f3a1b2c", "", ""), key("after=file-8f3a1b2d", "", ""));
        assert_eq!(key("", "text/plain", "of vs_12345678").ids, ["vs_12345678"]);
    }
}
