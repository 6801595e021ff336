//! A set as the text of its file.

use super::encode;
use super::{BODIES, Set};
use crate::wire::dialect::Framing;
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
    }
    match &response.body {
        Body::Whole(bytes) if bytes.is_empty() => {}
        Body::Whole(bytes) => members.push(("body", body(bytes, blobs))),
        Body::Stream(pieces) => {
            let framing = Framing::of(response.header("content-type").unwrap_or_default());
            let entries = encode::stream(pieces, framing);
            let list = match entries.as_slice() {
                [] => "[]".to_owned(),
                entries => format!("[\n          {}\n        ]", entries.join(",\n          ")),
            };
            members.push(("stream", list));
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
