//! A set as the text of its file.

use super::encode;
use super::{BODIES, Set};
use crate::wire::message::{Body, End, Exchange, Request, Response};
use bytes::Bytes;

/// The version of the format. A reader refuses files with a later one.
pub const FORMAT: u64 = 1;

/// A body of more bytes than this has a file of its own.
const LARGE: usize = 64 * 1024;

/// The text of a set's file, and what it refers to.
#[derive(Debug)]
pub struct Written {
    /// The text.
    pub text: String,
    /// Bodies that are kept apart.
    pub blobs: Vec<Blob>,
}

/// A body that is kept apart, named by its content.
#[derive(Debug, PartialEq, Eq)]
pub struct Blob {
    /// Its path below the folder of the setup.
    pub path: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// Writes `set`. The same set gives the same text.
pub fn write(set: &Set) -> Written {
    let mut blobs = Vec::new();
    let exchanges: Vec<String> = set.exchanges.iter().map(|exchange| one(exchange, &mut blobs)).collect();
    let list = match exchanges.as_slice() {
        [] => "[]".to_owned(),
        exchanges => format!("[\n{}\n  ]", exchanges.join(",\n")),
    };
    let owner = encode::quoted(&set.owner.to_string());
    let text = format!(
        "{{\n  \"stack-test-recording\": {FORMAT},\n  \"case\": {owner},\n  \"exchanges\": {list}\n}}\n"
    );
    Written { text, blobs }
}

fn one(exchange: &Exchange, blobs: &mut Vec<Blob>) -> String {
    let members = |members: Vec<(&str, String)>| {
        let lines: Vec<String> =
            members.into_iter().map(|(key, value)| format!("        \"{key}\": {value}")).collect();
        format!("{{\n{}\n      }}", lines.join(",\n"))
    };
    format!(
        "    {{\n      \"request\": {},\n      \"response\": {}\n    }}",
        members(request(&exchange.request, blobs)),
        members(response(&exchange.response, blobs))
    )
}

fn request(request: &Request, blobs: &mut Vec<Blob>) -> Vec<(&'static str, String)> {
    let mut members = vec![
        ("provider", encode::quoted(&request.provider)),
        ("method", encode::quoted(&request.method)),
        ("path", encode::quoted(&request.path)),
    ];
    if !request.query.is_empty() {
        members.push(("query", encode::quoted(&request.query)));
    }
    if let Some(kind) = &request.content_type {
        members.push(("content_type", encode::quoted(kind)));
    }
    if !request.body.is_empty() {
        members.push(("body", body(&request.body, blobs)));
    }
    members
}

fn response(response: &Response, blobs: &mut Vec<Blob>) -> Vec<(&'static str, String)> {
    let mut members = Vec::new();
    if let Some(head) = &response.head {
        members.push(("status", head.status.to_string()));
        let pair = |(name, value): &(String, String)| {
            format!("[{}, {}]", encode::quoted(name), encode::quoted(value))
        };
        let headers: Vec<String> = head.headers.iter().map(pair).collect();
        members.push(("headers", format!("[{}]", headers.join(", "))));
        if head.after > 0 {
            members.push(("head_after", head.after.to_string()));
        }
    }
    match (&response.body, response.framing()) {
        (Body::Stream(pieces), Some(framing)) => {
            let entries = encode::stream(pieces, framing);
            let list = match entries.as_slice() {
                [] => "[]".to_owned(),
                entries => format!("[\n          {}\n        ]", entries.join(",\n          ")),
            };
            members.push(("stream", list));
        }
        (whole, _) => {
            let bytes = whole.bytes();
            if !bytes.is_empty() {
                members.push(("body", body(&bytes, blobs)));
            }
            if let Body::Stream(pieces) = whole {
                members.push(("pieces", encode::pieces(pieces)));
            }
        }
    }
    if response.end != End::Complete {
        members.push(("end", encode::quoted(response.end.name())));
    }
    members
}

fn body(bytes: &Bytes, blobs: &mut Vec<Blob>) -> String {
    if bytes.len() <= LARGE {
        return encode::body(bytes, 4);
    }
    let path = format!("{BODIES}/{}", &blake3::hash(bytes).to_hex()[..32]);
    let text = format!("{{\"file\": {}}}", encode::quoted(&path));
    if blobs.iter().all(|blob| blob.path != path) {
        blobs.push(Blob { path, bytes: bytes.clone() });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CaseId;
    use crate::recording::{Owner, parse};
    use crate::wire::eventstream::{Frame, HeaderValue};
    use crate::wire::json_text::{Style, render};
    use crate::wire::message::{Head, Piece};
    use proptest::prelude::*;
    use proptest::sample::select;

    const JSON: &str = r#"{"b":1.50,"a":[1,-2e3],"s":"x\"\u00e9é","n":{},"m":[{"k":null}]}"#;

    /// Bodies of the kinds that are kept differently.
    fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            select(&Style::ALL[..]).prop_map(|style| render(JSON, style).into_bytes()),
            select(&Style::ALL[..]).prop_map(|style| (render(JSON, style) + "\n").into_bytes()),
            Just(JSON.replace(',', " , ").into_bytes()),
            Just("[".repeat(500).into_bytes()),
            Just(("[".repeat(200) + &"]".repeat(200)).into_bytes()),
            ".{0,20}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..20),
        ]
    }

    /// Streams of awkward events, cut anywhere.
    fn any_pieces() -> impl Strategy<Value = Vec<Piece>> {
        let frame = |payload: &str, value: HeaderValue| {
            let headers = vec![(":event-type".to_owned(), value)];
            Frame { headers, payload: Bytes::copy_from_slice(payload.as_bytes()) }.write().unwrap()
        };
        let texts = [
            "data: {\"a\": 1}\n\n",
            "data: {\"a\":1.0}\n\n",
            "event: x y\ndata: [1]\n\n",
            "data:{}\r\n\r\n",
            ": é note\n\n",
            "{\"line\":1}\n",
            "\r\r",
            "\n",
            "data: [DONE]\n\n",
        ];
        let mut events: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        events.push(frame("{\"p\":[1.0]}", HeaderValue::Text("é".into())));
        events.push(frame("{\"p\": {}}", HeaderValue::Text(String::new())));
        events.push(frame("no json", HeaderValue::Text("x".into())));
        events.push(frame("{}", HeaderValue::Integer(7)));
        let event = select(events);
        let cuts = proptest::collection::vec(1..30_usize, 0..8);
        (proptest::collection::vec(event, 0..8), cuts).prop_map(|(events, cuts)| {
            let all = Bytes::from(events.concat());
            let (mut start, mut pieces) = (0, Vec::new());
            for (at, cut) in cuts.into_iter().chain([usize::MAX]).enumerate() {
                let end = all.len().min(cut.saturating_add(start));
                if start < end {
                    pieces.push(Piece { at: at as u64 * 7, bytes: all.slice(start..end) });
                }
                start = end;
            }
            pieces
        })
    }

    fn any_response() -> impl Strategy<Value = Response> {
        let body = prop_oneof![
            any_bytes().prop_map(|bytes| Body::Whole(bytes.into())),
            any_pieces().prop_map(Body::Stream),
        ];
        let kind = select(vec![
            "text/event-stream",
            "application/x-ndjson",
            "application/vnd.amazon.eventstream",
            "application/json",
            "x/y; z=\"é\"",
        ]);
        let end = select(&End::ALL[..]);
        let head = (kind, any::<bool>(), 200..600_u16, select(vec![0, 812, u64::MAX])).prop_map(
            |(kind, compressed, status, after)| {
                let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
                headers.extend(compressed.then(|| ("content-encoding".into(), "gzip".into())));
                Head { status, headers, after }
            },
        );
        (body, head, end).prop_map(|(body, head, end)| Response { head: Some(head), body, end })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            bodies in proptest::collection::vec((any_bytes(), any_response()), 0..4),
            query in "[a-z=&]{0,6}",
        ) {
            let exchange = |(body, response): (Vec<u8>, Response)| Exchange {
                request: Request {
                    provider: "p".into(),
                    method: "POST".into(),
                    path: "/v1/x".into(),
                    query: query.clone(),
                    content_type: (body.len() % 2 == 0).then(|| "a/b".into()),
                    body: body.into(),
                },
                response,
            };
            let owner = Owner::Case(CaseId::new("a/b", "größe \"x\""));
            let set = Set { owner: owner.clone(), exchanges: bodies.into_iter().map(exchange).collect() };
            let written = write(&set);
            prop_assert_eq!(parse(&written.text, &owner, &|_| None), Ok(set));
        }

        #[test]
        fn damaged_text_is_an_error_and_no_panic(cut in 0..400_usize, byte in any::<u8>()) {
            let owner = Owner::Session;
            let request = Request {
                provider: "p".into(), method: "GET".into(), path: "/".into(), query: String::new(),
                content_type: None, body: JSON.into(),
            };
            let response = Response {
                head: Some(Head::new(200, Vec::new())),
                body: Body::Whole(JSON.into()),
                end: End::Aborted,
            };
            let set = Set { owner: owner.clone(), exchanges: vec![Exchange { request, response }] };
            let text = write(&set).text;
            let cut = (0..text.len() - 1).rev().find(|at| *at <= cut && text.is_char_boundary(*at)).unwrap();
            prop_assert!(parse(&text[..cut], &owner, &|_| None).is_err());
            let mut bytes = text.into_bytes();
            bytes[cut] = byte;
            if let Ok(text) = String::from_utf8(bytes) {
                let _may_be_either = parse(&text, &owner, &|_| None);
            }
        }
    }
}
