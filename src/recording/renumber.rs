//! Ids by other names.

use super::ids::ids;
use crate::wire::dialect::Framing;
use crate::wire::message::{Edit, Request, Response, apply};
use std::collections::HashMap;

/// What is to be put where. Names that are equal to their ids are no edits.
fn edits(text: &[u8], names: &HashMap<String, String>) -> Vec<Edit> {
    let named = |range: std::ops::Range<usize>| {
        let id = std::str::from_utf8(&text[range.clone()]).ok()?;
        names.get(id).filter(|name| *name != id).map(|name| (range, name.clone()))
    };
    ids(text).filter_map(named).collect()
}

/// `request` with the ids that `names` has by their names.
pub fn renumbered_request(mut request: Request, names: &HashMap<String, String>) -> Request {
    for text in [&mut request.path, &mut request.query] {
        for (range, name) in edits(text.as_bytes(), names).into_iter().rev() {
            text.replace_range(range, &name);
        }
    }
    let edits = edits(&request.body, names);
    if !edits.is_empty() {
        request.body = apply(&request.body, &edits);
    }
    request
}

/// `response` with the ids that `names` has by their names. A piece that ended inside an id ends behind the name. What is
/// compressed, or framed with lengths and checksums, is left as it is.
pub fn renumbered_response(mut response: Response, names: &HashMap<String, String>) -> Response {
    let framing = Framing::of(response.header("content-type").unwrap_or_default());
    if framing == Some(Framing::EventStream) || response.header("content-encoding").is_some() {
        return response;
    }
    let edits = edits(&response.body.bytes(), names);
    response.body = response.body.edited(&edits);
    response
}
