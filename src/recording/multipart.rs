//! Multipart bodies: compared by their parts, since the boundary is another one each time.

use crate::wire::message::Request;
use bytes::Bytes;

/// The boundary in recordings.
const FIXED: &str = "stack-test-boundary";

/// A part of a multipart body.
pub(super) struct Part<'a> {
    /// Header lines: name in lower case, `:`, value; sorted.
    pub(super) headers: Vec<String>,
    /// What follows the headers.
    pub(super) body: &'a [u8],
}

/// The parts of a multipart body; `None` if it is none.
pub(super) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let delimiter = format!("--{}", boundary(content_type)?);
    let mut rest = &body[find(body, delimiter.as_bytes())? + delimiter.len()..];
    let next = format!("\r\n{delimiter}");
    let mut parts = Vec::new();
    while let Some(start) = rest.strip_prefix(b"\r\n") {
        let end = find(start, next.as_bytes())?;
        parts.push(part(&start[..end])?);
        rest = &start[end + next.len()..];
    }
    rest.starts_with(b"--").then_some(parts)
}

fn part(text: &[u8]) -> Option<Part<'_>> {
    let (head, body) = match text.strip_prefix(b"\r\n") {
        Some(body) => (&b""[..], body),
        None => {
            let end = find(text, b"\r\n\r\n")?;
            (&text[..end], &text[end + 4..])
        }
    };
    let mut headers: Vec<String> = std::str::from_utf8(head)
        .ok()?
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| format!("{}:{}", name.trim().to_ascii_lowercase(), value.trim()))
        .collect();
    headers.sort_unstable();
    Some(Part { headers, body })
}

fn boundary(content_type: &str) -> Option<&str> {
    let mut fields = content_type.split(';');
    if !fields.next()?.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    let boundary = fields.find_map(|field| {
        let (name, value) = field.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value.trim().trim_matches('"'))
    })?;
    (!boundary.is_empty()).then_some(boundary)
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// The request with a boundary that is the same each time, if it is a multipart one.
pub fn with_fixed_boundary(mut request: Request) -> Request {
    let Some(content_type) = request.content_type.as_deref() else { return request };
    let Some(old) = boundary(content_type).map(|old| format!("--{old}")) else { return request };
    if parts(content_type, &request.body).is_none() || find(&request.body, FIXED.as_bytes()).is_some() {
        return request;
    }
    let fixed = format!("--{FIXED}");
    let mut body = Vec::with_capacity(request.body.len());
    let mut rest = &request.body[..];
    while let Some(at) = find(rest, old.as_bytes()) {
        body.extend_from_slice(&rest[..at]);
        body.extend_from_slice(fixed.as_bytes());
        rest = &rest[at + old.len()..];
    }
    body.extend_from_slice(rest);
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_owned();
    request.content_type = Some(format!("{kind}; boundary={FIXED}"));
    request.body = Bytes::from(body);
    request
}
