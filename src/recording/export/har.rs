//! HAR 1.2, which browsers' developer tools open: an entry for each call, a page for each case.
//!
//! What HAR has no word for (whose call it is, in which pieces a stream came, how it ended) is in `_stackTest` of each
//! entry, as the specification allows; with it, importing gives back what was exported.

use super::{Exported, Exporter};
use crate::recording::{ImportedSet, SourceFile};
use crate::wire::message::{Body, End, Exchange, Request, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use url::Url;

/// HAR files.
pub(super) const EXPORTER: Exporter = Exporter {
    name: "har",
    summary: "HTTP archives, for the network panel of a browser's developer tools",
    example: "stack-test recordings export --to har --out calls.har",
    one_file: true,
    export,
};

fn export(sets: &[ImportedSet]) -> Exported {
    let (mut pages, mut entries) = (Vec::new(), Vec::new());
    // Recordings know no time of day. The calls stand one behind the other, from the beginning of time.
    let mut clock = 0;
    for ImportedSet { setup, set } in sets {
        let page = format!("page_{}", pages.len() + 1);
        let owner = set.owner.to_string();
        pages.push(json!({
            "startedDateTime": timestamp(clock),
            "id": page,
            "title": format!("{owner} ({setup})"),
            "pageTimings": {"onContentLoad": -1, "onLoad": -1},
        }));
        for exchange in &set.exchanges {
            let (entry, took) = entry(exchange, &page, (setup, &owner), clock);
            entries.push(entry);
            clock += took + 1;
        }
    }
    let har = json!({"log": {
        "version": "1.2",
        "creator": {"name": "stack-test", "version": env!("CARGO_PKG_VERSION")},
        "pages": pages,
        "entries": entries,
    }});
    let mut bytes = serde_json::to_vec_pretty(&har).unwrap_or_default();
    bytes.push(b'\n');
    let files = vec![SourceFile { name: "recordings.har".into(), bytes }];
    Exported { sets: sets.len(), files, warnings: Vec::new() }
}

/// Milliseconds since 1970 as HAR wants them. A day is enough for every recording there is; it wraps.
fn timestamp(millis: u64) -> String {
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("1970-01-01T{hours:02}:{minutes:02}:{:02}.{millis:03}Z", seconds % 60)
}

fn entry(exchange: &Exchange, page: &str, of: (&str, &str), clock: u64) -> (Value, u64) {
    let receive = match &exchange.response.body {
        Body::Stream(pieces) => pieces.last().map_or(0, |piece| piece.at),
        Body::Whole(_) => 0,
    };
    let wait = exchange.response.head.as_ref().map_or(0, |head| head.after);
    let mut response = response(&exchange.response);
    if exchange.response.end != End::Complete {
        // As Chromium's own archives spell it.
        let error = match exchange.response.end {
            End::Refused => "net::ERR_CONNECTION_REFUSED",
            End::Timeout => "net::ERR_TIMED_OUT",
            End::Aborted | End::Complete => "net::ERR_CONNECTION_CLOSED",
        };
        response["_error"] = error.into();
    }
    let entry = json!({
        "pageref": page,
        "startedDateTime": timestamp(clock),
        "time": wait + receive,
        "request": request(&exchange.request),
        "response": response,
        "cache": {},
        "timings": {"blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": wait, "receive": receive},
        "_resourceType": "fetch",
        "_stackTest": own(exchange, of),
    });
    (entry, wait + receive)
}

fn request(request: &Request) -> Value {
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let rest = format!("{}{query}", request.path);
    // A provider's name stands for its host, where it can.
    let named = format!("http://{}{rest}", request.provider);
    let is_host = Url::parse(&named).is_ok_and(|url| url.host_str() == Some(&request.provider));
    let parameters = url::form_urlencoded::parse(request.query.as_bytes());
    let parameters: Vec<Value> =
        parameters.map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mut out = json!({
        "method": request.method,
        "url": if is_host { named } else { format!("http://provider.invalid{rest}") },
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "queryString": parameters,
        "headersSize": -1,
        "bodySize": request.body.len(),
    });
    if !request.body.is_empty() {
        let kind = request.content_type.as_deref().unwrap_or("application/json");
        out["headers"] = json!([{"name": "content-type", "value": kind}]);
        out["postData"] =
            json!({"mimeType": kind, "params": [], "text": String::from_utf8_lossy(&request.body)});
    }
    out
}

fn response(response: &Response) -> Value {
    let bytes = response.body.bytes();
    let mut content = Map::new();
    content.insert("size".into(), bytes.len().into());
    content.insert("mimeType".into(), response.header("content-type").unwrap_or("x-unknown").into());
    match std::str::from_utf8(&bytes) {
        Ok(text) => content.insert("text".into(), text.into()),
        Err(_) => {
            content.insert("text".into(), STANDARD.encode(&bytes).into());
            content.insert("encoding".into(), "base64".into())
        }
    };
    let head = response.head.as_ref();
    let headers = head.into_iter().flat_map(|head| &head.headers);
    let headers: Vec<Value> = headers.map(|(name, value)| json!({"name": name, "value": value})).collect();
    let status = head.map_or(0, |head| head.status);
    let known = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    json!({
        "status": status,
        "statusText": known.unwrap_or_default(),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers,
        "content": content,
        "redirectURL": response.header("location").unwrap_or_default(),
        "headersSize": -1,
        "bodySize": bytes.len(),
    })
}

/// What HAR has no word for.
fn own(exchange: &Exchange, (setup, owner): (&str, &str)) -> Value {
    let Exchange { request, response } = exchange;
    let mut own = json!({
        "setup": setup,
        "case": owner,
        "provider": request.provider,
        "path": request.path,
        "query": request.query,
        "contentType": request.content_type,
        "end": response.end.name(),
    });
    if let Some(after) = response.head.as_ref().map(|head| head.after).filter(|after| *after > 0) {
        own["headAfter"] = after.into();
    }
    if std::str::from_utf8(&request.body).is_err() {
        own["body"] = STANDARD.encode(&request.body).into();
    }
    if let Body::Stream(pieces) = &response.body {
        let pieces: Vec<Value> = pieces.iter().map(|piece| json!([piece.at, piece.bytes.len()])).collect();
        own["pieces"] = pieces.into();
    }
    own
}
