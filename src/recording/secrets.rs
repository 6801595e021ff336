//! The last look at a set before it is written: does it still hold a secret?
//!
//! [`Masks`] has replaced what it could. What is found here is hidden deeper (base64 within base64, hexadecimal, a spelling
//! that no mask undoes), and nobody should have to trust that it is harmless: the set is refused.

use super::{Masks, Set, spread};
use crate::text::KEY_SHAPES;
use crate::wire::content_coding::{LONGEST, decode};
use crate::wire::dialect::Framing;
use crate::wire::message::{Exchange, Request, Response};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use std::fmt;

/// A secret that a set still holds. It tells where, never what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The call, counted from 1, and its provider, method and path; `None` if it is in the name of the case.
    pub call: Option<(usize, String)>,
    /// Where in the call: `request body /messages/0/content`, `answer header location`.
    pub place: String,
    /// The name the secret was declared with, or that of its shape.
    pub name: String,
    /// How it is wrapped, if it is: `in base64`.
    pub wrapped: Option<&'static str>,
}

impl Finding {
    /// Whether only the shape of the text says that it is one.
    pub fn is_shape(&self) -> bool {
        KEY_SHAPES.iter().any(|shape| shape.name == self.name)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((call, asked)) = &self.call {
            write!(f, "call {call} ({asked}), ")?;
        }
        write!(f, "{}: {}", self.place, self.name)?;
        self.wrapped.map_or(Ok(()), |wrapped| write!(f, " {wrapped}"))
    }
}

/// How many wrappings are undone, one inside the other.
const DEEPEST: usize = 3;

/// A shorter text is no base64 worth undoing: declared secrets of any length are found in base64 without.
const SHORTEST_BASE64: usize = 24;

/// A shorter text is no secret in hexadecimal.
const SHORTEST_HEX: usize = 12;

/// Every secret that `set` holds: those that `masks` knows and keys of a known shape, also in base64, hexadecimal, percent
/// and JSON escapes, compressed bodies, and spread over the events of a stream. The name of the case is in the file and in its
/// name, and cannot be masked in either.
pub fn scan(set: &Set, masks: &Masks) -> Vec<Finding> {
    let owner = set.owner.to_string();
    let named = masks.finder().find(owner.as_bytes()).into_iter().map(|found| Finding {
        call: None,
        place: "the name of the case".to_owned(),
        name: found.name.to_owned(),
        wrapped: None,
    });
    let mut findings: Vec<Finding> = named.collect();
    for (at, exchange) in set.exchanges.iter().enumerate() {
        let mut scan = Scan { masks, found: Vec::new() };
        scan.exchange(exchange);
        let request = &exchange.request;
        let asked = format!("{} {} {}", request.provider, request.method, request.path);
        let asked = masks.text(&asked).into_owned();
        findings.extend(scan.found.into_iter().map(|(place, name, wrapped)| Finding {
            call: Some((at + 1, asked.clone())),
            place: masks.text(&place).into_owned(),
            name,
            wrapped,
        }));
    }
    findings
}

struct Scan<'a> {
    masks: &'a Masks,
    found: Vec<(String, String, Option<&'static str>)>,
}

impl Scan<'_> {
    fn exchange(&mut self, exchange: &Exchange) {
        let Exchange { request, response } = exchange;
        self.request(request);
        for (name, value) in response.head.iter().flat_map(|head| &head.headers) {
            self.text(&format!("answer header {name}"), value.as_bytes());
        }
        self.answer(response);
    }

    fn request(&mut self, request: &Request) {
        self.text("request path", request.path.as_bytes());
        self.text("request query", request.query.as_bytes());
        self.text("request content type", request.content_type.as_deref().unwrap_or_default().as_bytes());
        self.body("request body", &request.body);
    }

    fn answer(&mut self, response: &Response) {
        let bytes = response.body.bytes();
        let plain =
            response.header("content-encoding").and_then(|coding| decode(coding, &bytes, LONGEST).ok());
        let bytes = plain.as_deref().unwrap_or(&bytes);
        let kind = response.header("content-type").unwrap_or_default();
        let lines = match Framing::of(kind) {
            Some(Framing::Sse | Framing::Ndjson) => std::str::from_utf8(bytes).ok(),
            _ => None,
        };
        let Some(lines) = lines else { return self.body("answer body", bytes) };
        for (at, line) in lines.split(['\n', '\r']).enumerate() {
            let json = line.strip_prefix("data:").unwrap_or(line);
            self.body(&format!("answer stream line {}", at + 1), json.as_bytes());
        }
        for name in spread::names(self.masks.finder(), kind, bytes) {
            self.add("answer stream", &name, Some("over several events"));
        }
    }

    /// A body, by the places in it if it is JSON.
    fn body(&mut self, place: &str, bytes: &[u8]) {
        let before = self.found.len();
        if let Ok(value) = serde_json::from_slice::<Value>(bytes)
            && (value.is_object() || value.is_array())
        {
            self.json(&mut place.to_owned(), &value);
        }
        // What is no value: white space, a name twice, what is around JSON.
        if before == self.found.len() {
            self.text(place, bytes);
        }
    }

    fn json(&mut self, place: &mut String, value: &Value) {
        let length = place.len();
        match value {
            Value::String(text) => self.text(place, text.as_bytes()),
            Value::Array(all) => {
                for (at, value) in all.iter().enumerate().filter(|(_, value)| !value.is_number()) {
                    place.push_str(&format!("{}{at}", separator(place)));
                    self.json(place, value);
                    place.truncate(length);
                }
            }
            Value::Object(members) => {
                for (key, value) in members {
                    self.text(&format!("{place}, a name"), key.as_bytes());
                    let key = key.replace('~', "~0").replace('/', "~1");
                    place.push_str(&format!("{}{key}", separator(place)));
                    self.json(place, value);
                    place.truncate(length);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&mut self, place: &str, bytes: &[u8]) {
        self.layer(place, bytes, None, 0);
    }

    fn layer(&mut self, place: &str, bytes: &[u8], wrapped: Option<&'static str>, depth: usize) {
        for found in self.masks.finder().find(bytes) {
            self.add(place, found.name, wrapped);
        }
        for name in self.masks.finder().remains(bytes) {
            self.add(place, name, wrapped.or(Some("in part")));
        }
        if depth == DEEPEST {
            return;
        }
        if bytes.contains(&b'%') {
            let plain: Vec<u8> = percent_encoding::percent_decode(bytes).collect();
            if plain != bytes {
                self.layer(place, &plain, Some("percent-encoded"), depth + 1);
            }
        }
        if bytes.windows(2).any(|two| two == b"\\u")
            && let Ok(text) = std::str::from_utf8(bytes)
            && let Ok(plain) = serde_json::from_str::<String>(&format!("\"{text}\""))
        {
            self.layer(place, plain.as_bytes(), Some("escaped"), depth + 1);
        }
        for run in runs(bytes, |byte| byte.is_ascii_hexdigit(), SHORTEST_HEX) {
            self.layer(place, &unhexed(run), Some("in hexadecimal"), depth + 1);
        }
        for run in
            runs(bytes, |byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte), SHORTEST_BASE64)
        {
            if let Some(plain) = unbased(run) {
                self.layer(place, &plain, Some("in base64"), depth + 1);
            }
        }
    }

    fn add(&mut self, place: &str, name: &str, wrapped: Option<&'static str>) {
        if !self.found.iter().any(|(known, of, _)| known == place && of == name) {
            self.found.push((place.to_owned(), name.to_owned(), wrapped));
        }
    }
}

fn separator(place: &str) -> &'static str {
    if place.contains('/') { "/" } else { " /" }
}

/// The longest parts of `bytes` whose bytes all are `inside`, if they are not shorter than `shortest`.
fn runs(bytes: &[u8], inside: impl Fn(u8) -> bool, shortest: usize) -> impl Iterator<Item = &[u8]> {
    bytes.split(move |byte| !inside(*byte)).filter(move |run| run.len() >= shortest)
}

fn unhexed(run: &[u8]) -> Vec<u8> {
    let digit =
        |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
    run.chunks_exact(2).map(|two| digit(two[0]) << 4 | digit(two[1])).collect()
}

/// What a text of the usual or the URL alphabet stands for, without what hangs over at its end.
fn unbased(run: &[u8]) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let usual = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    let whole = if run.len() % 4 == 1 { run.len() - 1 } else { run.len() };
    let text: Vec<u8> = run[..whole].iter().map(usual).collect();
    GeneralPurpose::new(&STANDARD, LENIENT).decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;
    use crate::recording::Owner;
    use crate::wire::message::{Body, End, Head};
    use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};

    const KEY: &str = "made-up-value";
    const SHAPED: &str = "sk-madeup0madeup0madeup0";

    fn told(path: &str, asked: &str, header: &str, answer: &str) -> Vec<String> {
        let request = Request {
            provider: "p".into(),
            method: "POST".into(),
            path: path.into(),
            query: String::new(),
            content_type: None,
            body: asked.to_owned().into(),
        };
        let response = Response {
            head: Some(Head::new(200, vec![("location".into(), header.into())])),
            body: Body::Whole(answer.to_owned().into()),
            end: End::Complete,
        };
        let set = Set { owner: Owner::Session, exchanges: vec![Exchange { request, response }] };
        let masks = Masks::new(&[("KEY".into(), Secret::new(KEY))]);
        let found: Vec<String> = scan(&set, &masks).iter().map(Finding::to_string).collect();
        assert!(!found.concat().contains(KEY) && !found.concat().contains(SHAPED), "{found:?}");
        found
    }

    #[test]
    fn a_secret_is_told_by_its_place_and_name_and_not_by_its_value() {
        let body = serde_json::json!({"messages": [{"content": format!("it is {KEY}")}]}).to_string();
        let found = told("/made-up-value", &body, SHAPED, "{}");
        assert_eq!(
            found,
            [
                "call 1 (p POST /***KEY***), request path: KEY",
                "call 1 (p POST /***KEY***), request body /messages/0/content: KEY",
                "call 1 (p POST /***KEY***), answer header location: openai-key",
            ]
        );
    }

    #[test]
    fn whatever_it_is_wrapped_in() {
        let json = format!(r#"{{"key":"{SHAPED}"}}"#);
        let hex: String = KEY.bytes().map(|byte| format!("{byte:02X}")).collect();
        let percent: String = SHAPED.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let escaped: String = SHAPED.bytes().map(|byte| format!("\\u{:04x}", u32::from(byte))).collect();
        for (body, wrapped) in [
            (BASE64.encode(&json), "openai-key in base64"),
            (URL_SAFE_NO_PAD.encode(BASE64.encode(&json)), "openai-key in base64"),
            (format!("0x{hex}"), "KEY in hexadecimal"),
            (percent, "openai-key percent-encoded"),
            (format!("[\"{escaped}\"]"), "openai-key"),
            (serde_json::json!([escaped]).to_string(), "openai-key escaped"),
        ] {
            let found = told("/", &body, "", "");
            assert!(found.len() == 1 && found[0].ends_with(wrapped), "{body}: {found:?}");
        }
    }

    #[test]
    fn a_part_that_a_mask_left_is_told() {
        let found = told("/", r#"{"a":"***openai-key***-up-value"}"#, "", "");
        assert_eq!(found, ["call 1 (p POST /), request body /a: KEY in part"]);
    }

    #[test]
    fn what_holds_none_is_fine() {
        let words =
            "A task-management system; see https://example.org/v1/chat/completions/0123456789abcdef%20x";
        let image = BASE64.encode((0..9_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
        let body = serde_json::json!({"a": words, "image": image, "masked": "***KEY*** Bearer ***KEY***"});
        assert_eq!(told("/v1/x", &body.to_string(), "/next?key=***KEY***", "plain"), Vec::<String>::new());
    }
}
