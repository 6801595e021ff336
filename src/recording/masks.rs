//! Secrets are replaced before anything is compared, kept or shown.

use super::spread;
use crate::model::Secret;
use crate::text::SecretFinder;
use crate::wire::content_coding::{LONGEST, decode};
use crate::wire::message::{Body, Edit, Exchange, Request, Response, apply};
use bytes::Bytes;
use std::borrow::Cow;

/// What is hidden, and behind which names: declared secrets, and keys that are known by their shape. The same text is masked
/// the same way in every mode, so that what was recorded is found again.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    finder: SecretFinder,
}

impl Masks {
    /// Hides each secret behind `***name***`: plain, escaped, percent-encoded and in base64. Values of less than six bytes
    /// are left alone. Keys of a known shape are hidden behind the name of the shape.
    pub fn new(secrets: &[(String, Secret)]) -> Self {
        let values = secrets.iter().map(|(name, secret)| (name.as_str(), secret.expose()));
        Self { finder: SecretFinder::new(values) }
    }

    /// Leaves `keys` alone that only their shape gives away: made-up ones, in tests.
    #[must_use]
    pub fn allowing(self, keys: &[String]) -> Self {
        Self { finder: self.finder.allowing(keys.iter().cloned()) }
    }

    /// Hides nothing but the declared secrets: others mask the rest later, with secrets that are not known here, and into which a
    /// key may run.
    #[must_use]
    pub fn declared_only(self) -> Self {
        Self { finder: self.finder.declared_only() }
    }

    /// What finds them.
    pub(super) fn finder(&self) -> &SecretFinder {
        &self.finder
    }

    /// Where `bytes` holds secrets, and what is put there.
    fn edits(&self, bytes: &[u8]) -> Vec<Edit> {
        self.finder.find(bytes).into_iter().map(|found| (found.range, mask(found.name))).collect()
    }

    /// `bytes` without secrets.
    pub fn bytes(&self, bytes: &Bytes) -> Bytes {
        match self.edits(bytes).as_slice() {
            [] => bytes.clone(),
            edits => apply(bytes, edits),
        }
    }

    /// `text` without secrets.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let edits = self.edits(text.as_bytes());
        if edits.is_empty() {
            return Cow::Borrowed(text);
        }
        let bytes = apply(&Bytes::copy_from_slice(text.as_bytes()), &edits);
        Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Masks `text` where it stands; costs nothing where there is nothing to hide.
    fn clean(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.text(text) {
            *text = masked;
        }
    }

    /// The request without secrets.
    pub fn request(&self, mut request: Request) -> Request {
        self.clean(&mut request.path);
        if !request.query.is_empty() {
            self.clean(&mut request.query);
        }
        if let Some(kind) = &mut request.content_type {
            self.clean(kind);
        }
        request.body = self.bytes(&request.body);
        request
    }

    /// The answer without secrets, also where one is spread over several events of a stream, or where the body is
    /// compressed: that one is kept unpacked, if it holds any.
    pub fn response(&self, mut response: Response) -> Response {
        if let Some(plain) = response.header("content-encoding").and_then(|coding| {
            let plain = decode(coding, &response.body.bytes(), LONGEST).ok()?;
            (!self.finder.find(&plain).is_empty()).then_some(plain)
        }) {
            response.body = Body::Whole(plain);
            if let Some(head) = &mut response.head {
                head.headers.retain(|(name, _)| name != "content-encoding");
            }
        }
        // First what goes over several events: of what begins in one of them like a key, the rest would be left in the others.
        let kind = response.header("content-type").unwrap_or_default();
        response.body = response.body.edited(&spread::edits(&self.finder, kind, &response.body.bytes()));
        response.body = response.body.edited(&self.edits(&response.body.bytes()));
        for (_, value) in response.head.iter_mut().flat_map(|head| &mut head.headers) {
            self.clean(value);
        }
        response
    }

    /// The exchange without secrets.
    pub fn exchange(&self, exchange: Exchange) -> Exchange {
        Exchange { request: self.request(exchange.request), response: self.response(exchange.response) }
    }
}

/// What stands in place of a secret.
pub(super) fn mask(name: &str) -> String {
    format!("***{name}***")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::message::{End, Head, Piece};
    use std::io::Write as _;

    const KEY: &str = "made-up/\"key+é 1";

    fn masks() -> Masks {
        Masks::new(&[("KEY".into(), Secret::new(KEY)), ("SHORT".into(), Secret::new("abc"))])
    }

    fn answer(kind: &str, coding: Option<&str>, body: Body) -> Response {
        let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
        headers.extend(coding.map(|coding| ("content-encoding".to_owned(), coding.to_owned())));
        Response { head: Some(Head::new(200, headers)), body, end: End::Complete }
    }

    fn streamed(pieces: &[&str]) -> Body {
        let piece = |text: &&str| Piece { at: 0, bytes: Bytes::copy_from_slice(text.as_bytes()) };
        Body::Stream(pieces.iter().map(piece).collect())
    }

    #[test]
    fn a_secret_is_hidden_behind_its_name_and_a_key_behind_that_of_its_shape() {
        let text = format!("<{KEY}> abc sk-madeup0madeup0madeup0 {}", serde_json::Value::from(KEY));
        assert_eq!(masks().text(&text), "<***KEY***> abc ***openai-key*** \"***KEY***\"");
        let allowing = masks().allowing(&["sk-madeup0madeup0madeup0".to_owned()]);
        assert_eq!(allowing.text("sk-madeup0madeup0madeup0"), "sk-madeup0madeup0madeup0");
    }

    #[test]
    fn of_two_secrets_the_longer_is_hidden_whole() {
        let secrets = [("A".into(), Secret::new("secret")), ("B".into(), Secret::new("secret-longer"))];
        assert_eq!(Masks::new(&secrets).text("secret-longer secret"), "***B*** ***A***");
    }

    #[test]
    fn masking_twice_is_masking_once() {
        for shape in crate::text::KEY_SHAPES {
            let once = masks().text(shape.example).into_owned();
            assert!(once.contains(&mask(shape.name)), "{once}");
            assert_eq!(masks().text(&once), once);
        }
    }

    #[test]
    fn a_secret_over_two_pieces_and_over_two_events_is_hidden_on_disk() {
        let pieces = streamed(&["data: {\"a\":\"x sk-madeup0mad", "eup0madeup0 y\"}\n\n"]);
        let masked = masks().response(answer("text/event-stream", None, pieces)).body;
        assert_eq!(masked, streamed(&["data: {\"a\":\"x ***openai-key***", " y\"}\n\n"]));
        let event = |text: &str| format!("data: {{\"d\":{{\"c\":{}}}}}\n\n", serde_json::Value::from(text));
        let events = ["so: made-up/\"k", "ey+", "é 1.", "sk-madeup0ma", "deup0madeup0"].map(event);
        let events = streamed(&events.each_ref().map(String::as_str));
        let masked = masks().response(answer("text/event-stream", None, events)).body;
        let expected = ["so: ***KEY***", "", ".", "***openai-key***", ""].map(event);
        assert_eq!(masked, streamed(&expected.each_ref().map(String::as_str)));
    }

    #[test]
    fn a_key_that_runs_into_a_secret_leaves_nothing_of_it() {
        let masks = Masks::new(&[("ZOO".into(), Secret::new("zebra+/quokka=42 π"))]);
        let key = "sk-proj-madeup0madeup0madeup0";
        let said = format!("so: {key}zebra+/quokka=42 π.");
        assert_eq!(masks.text(&said), "so: ***ZOO***.");
        let event = |text: &str| format!("data: {{\"d\":{}}}\n\n", serde_json::Value::from(text));
        let expected = ["so: ***ZOO***", "."].map(event).concat();
        let cuts = (5..said.len() - 1).filter(|cut| said.is_char_boundary(*cut));
        for cut in cuts {
            let (one, two) = said.split_at(cut);
            let events = [one, two].map(event).concat();
            let masked = masks.response(answer("text/event-stream", None, streamed(&[&events]))).body.bytes();
            assert_eq!(String::from_utf8_lossy(&masked), expected, "{one} | {two}");
        }
    }

    #[test]
    fn a_compressed_body_is_kept_as_it_is_unless_it_holds_a_secret() {
        let gzip = |text: &str| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            Body::Whole(encoder.finish().unwrap().into())
        };
        let harmless = answer("application/json", Some("gzip"), gzip("{}"));
        assert_eq!(masks().response(harmless.clone()), harmless);
        let masked = masks().response(answer("text/plain", Some("gzip"), gzip(&format!("it is {KEY}"))));
        assert_eq!(masked, answer("text/plain", None, Body::Whole("it is ***KEY***".into())));
    }
}
