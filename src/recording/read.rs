//! The text of a file as a set.

use super::error::{FormatError, Problem};
use super::{BODIES, FORMAT, Owner, Set};
use crate::wire::eventstream::{Frame, HeaderValue};
use crate::wire::json_text::{Style, render};
use crate::wire::message::{Body, End, Exchange, Head, Piece, Request, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Gives the bytes of a body that is kept apart, by its path below the setup's folder; `None` if there is none.
pub type BlobSource<'a> = &'a dyn Fn(&str) -> Option<Bytes>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileDoc<'a> {
    #[serde(rename = "stack-test-recording")]
    format: u64,
    #[serde(borrow)]
    case: Cow<'a, str>,
    exchanges: Vec<ExchangeDoc<'a>>,
}

/// Of a file that cannot be read: enough to tell whether it is of a later format.
#[derive(Deserialize)]
struct FormatDoc {
    #[serde(rename = "stack-test-recording")]
    format: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExchangeDoc<'a> {
    #[serde(borrow)]
    request: RequestDoc<'a>,
    #[serde(borrow)]
    response: ResponseDoc<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestDoc<'a> {
    provider: String,
    method: String,
    path: String,
    #[serde(default)]
    query: String,
    content_type: Option<String>,
    #[serde(borrow)]
    body: Option<BytesDoc<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseDoc<'a> {
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(borrow)]
    body: Option<BytesDoc<'a>>,
    #[serde(borrow)]
    stream: Option<Vec<BytesDoc<'a>>>,
    #[serde(borrow)]
    pieces: Option<&'a RawValue>,
    #[serde(default)]
    head_after: u64,
    #[serde(borrow)]
    end: Option<&'a RawValue>,
}

/// A body, or an event of a stream; exactly one of the first seven says what it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BytesDoc<'a> {
    #[serde(borrow)]
    json: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    line: Option<&'a RawValue>,
    #[serde(borrow)]
    frame: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    base64: Option<&'a RawValue>,
    #[serde(borrow)]
    file: Option<&'a RawValue>,
    #[serde(borrow)]
    style: Option<&'a RawValue>,
    #[serde(default)]
    after: String,
    event: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(borrow)]
    eol: Option<&'a RawValue>,
    at: Option<u64>,
}

/// Reads the file of `owner`.
///
/// # Errors
/// The text is no recording of this format and this owner; the error says where and what to do.
pub fn parse(text: &str, owner: &Owner, blobs: BlobSource<'_>) -> Result<Set, FormatError> {
    let doc: FileDoc<'_> =
        serde_json::from_str(text).map_err(|error| match serde_json::from_str::<FormatDoc>(text) {
            Ok(doc) if doc.format > FORMAT => future(text, doc.format),
            _ => FormatError::syntax(&error),
        })?;
    if doc.format > FORMAT {
        return Err(future(text, doc.format));
    }
    if doc.format < FORMAT {
        let problem = Problem::Value(format!("there is no recording format {}", doc.format));
        return Err(FormatError::at(text, format_offset(text), problem));
    }
    let expected = owner.to_string();
    if doc.case != expected {
        let offset = text.find("\"case\"").unwrap_or_default();
        return Err(FormatError::at(
            text,
            offset,
            Problem::OtherCase { found: doc.case.into_owned(), expected },
        ));
    }
    let reader = Reader { text, blobs };
    let exchanges =
        doc.exchanges.into_iter().map(|exchange| reader.exchange(exchange)).collect::<Result<_, _>>()?;
    Ok(Set { owner: owner.clone(), exchanges })
}

fn format_offset(text: &str) -> usize {
    text.find("\"stack-test-recording\"").unwrap_or_default()
}

fn future(text: &str, found: u64) -> FormatError {
    FormatError::at(text, format_offset(text), Problem::Future { found, known: FORMAT })
}

struct Reader<'a> {
    text: &'a str,
    blobs: BlobSource<'a>,
}

impl Reader<'_> {
    fn wrong(&self, at: &RawValue, what: impl Into<String>) -> FormatError {
        let offset = (at.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        FormatError::at(self.text, offset, Problem::Value(what.into()))
    }

    fn exchange(&self, doc: ExchangeDoc<'_>) -> Result<Exchange, FormatError> {
        let RequestDoc { provider, method, path, query, content_type, body } = doc.request;
        let body = body.map_or(Ok(Bytes::new()), |body| self.bytes(&body))?;
        let request = Request { provider, method, path, query, content_type, body };
        Ok(Exchange { request, response: self.response(doc.response)? })
    }

    fn response(&self, doc: ResponseDoc<'_>) -> Result<Response, FormatError> {
        let end = doc.end.map_or(Ok(End::Complete), |raw| self.end(raw))?;
        let status = doc.status.map(|raw| self.status(raw)).transpose()?;
        let whole = doc.body.map_or(Ok(Bytes::new()), |body| self.bytes(&body));
        let body = match (doc.stream, doc.pieces) {
            (Some(_), Some(pieces)) => {
                return Err(self.wrong(pieces, "a body is `stream`, or `body` and `pieces`; here are both"));
            }
            (Some(entries), None) => Body::Stream(self.pieces(&entries)?),
            (None, Some(pieces)) => Body::Stream(self.cut(&whole?, pieces)?),
            (None, None) => Body::Whole(whole?),
        };
        let head = status.map(|status| Head { status, headers: doc.headers, after: doc.head_after });
        if head.is_none() && end == End::Complete {
            let what = "an answer has no `status`, though the provider is said to have answered";
            return Err(FormatError::at(self.text, 0, Problem::Value(what.into())));
        }
        Ok(Response { head, body, end })
    }

    fn end(&self, raw: &RawValue) -> Result<End, FormatError> {
        let name = self.string(raw)?;
        End::ALL.into_iter().find(|end| end.name() == name).ok_or_else(|| {
            self.wrong(raw, format!("`{name}` is no end of an answer: complete, aborted, timeout, refused"))
        })
    }

    /// A status that ends a call; what comes before it (1xx) is not kept.
    fn status(&self, raw: &RawValue) -> Result<u16, FormatError> {
        let status = raw.get().parse().ok().filter(|status| (200..1000).contains(status));
        status.ok_or_else(|| self.wrong(raw, format!("`{}` is no status of an answer", raw.get())))
    }

    /// The body in the pieces in which it came.
    fn cut(&self, whole: &Bytes, raw: &RawValue) -> Result<Vec<Piece>, FormatError> {
        let wrong = || {
            let length = whole.len();
            let what = format!(
                "`pieces` are pairs of milliseconds and bytes, {length} bytes in all as the body has"
            );
            self.wrong(raw, what)
        };
        let pairs: Vec<(u64, usize)> = serde_json::from_str(raw.get()).map_err(|_| wrong())?;
        let mut start = 0_usize;
        let piece = |(at, length): (u64, usize)| {
            let end = start.checked_add(length).filter(|end| *end > start && *end <= whole.len())?;
            // An allocation each, as below.
            let bytes = Bytes::copy_from_slice(&whole[std::mem::replace(&mut start, end)..end]);
            Some(Piece { at, bytes })
        };
        let pieces: Option<Vec<Piece>> = pairs.into_iter().map(piece).collect();
        pieces.filter(|_| start == whole.len()).ok_or_else(wrong)
    }

    fn pieces(&self, entries: &[BytesDoc<'_>]) -> Result<Vec<Piece>, FormatError> {
        let mut all = Vec::new();
        let mut ends: Vec<(u64, usize)> = Vec::new();
        for entry in entries {
            let bytes = self.bytes(entry)?;
            if bytes.is_empty() {
                continue; // nothing arrives as nothing
            }
            all.extend_from_slice(&bytes);
            match (entry.at, ends.last_mut()) {
                (None, Some((_, end))) => *end = all.len(),
                (at, _) => ends.push((at.unwrap_or(0), all.len())),
            }
        }
        let mut start = 0;
        // An allocation each: workers that replay the same stream side by side would fight for one reference count.
        let piece = |(at, end)| {
            let bytes = Bytes::copy_from_slice(&all[std::mem::replace(&mut start, end)..end]);
            Piece { at, bytes }
        };
        Ok(ends.into_iter().map(piece).collect())
    }

    fn bytes(&self, doc: &BytesDoc<'_>) -> Result<Bytes, FormatError> {
        let given = [doc.json, doc.data, doc.line, doc.frame, doc.text, doc.base64, doc.file];
        let mut some = given.iter().flatten();
        let (Some(first), second) = (some.next(), some.next()) else {
            let what =
                "a body is one of `json`, `data`, `line`, `frame`, `text`, `base64`, `file`; here is none";
            return Err(FormatError::at(self.text, 0, Problem::Value(what.into())));
        };
        if let Some(second) = second {
            return Err(self.wrong(second, "a body is one of `json`, `text`, `base64`, …; here are two"));
        }
        if doc.text.is_some() {
            return Ok(self.string(first)?.into_owned().into());
        }
        if doc.base64.is_some() {
            let decoded = STANDARD.decode(self.string(first)?.as_bytes());
            return decoded
                .map(Bytes::from)
                .map_err(|error| self.wrong(first, format!("no base64: {error}")));
        }
        if doc.file.is_some() {
            return self.blob(first);
        }
        let json = render(first.get(), self.style(doc)?);
        if doc.frame.is_some() {
            let headers = doc.headers.iter();
            let headers =
                headers.map(|(name, value)| (name.clone(), HeaderValue::Text(value.clone()))).collect();
            let frame = Frame { headers, payload: json.into() }.write();
            return frame
                .map(Bytes::from)
                .ok_or_else(|| self.wrong(first, "a header of a frame is too long"));
        }
        let eol = match doc.eol {
            None => "\n",
            Some(raw) if self.string(raw)? == "crlf" => "\r\n",
            Some(raw) => return Err(self.wrong(raw, "the end of a line is `crlf`, or not given")),
        };
        Ok(match (&doc.event, doc.data.is_some(), doc.line.is_some()) {
            (Some(event), true, _) => format!("event: {event}{eol}data: {json}{eol}{eol}"),
            (None, true, _) => format!("data: {json}{eol}{eol}"),
            (_, false, true) => json + "\n",
            (_, false, false) => json + &doc.after,
        }
        .into())
    }

    fn blob(&self, raw: &RawValue) -> Result<Bytes, FormatError> {
        let path = self.string(raw)?;
        let hash = path.strip_prefix(BODIES).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
        if hash.len() != 32 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.wrong(raw, format!("`{path}` is no name of a body kept apart")));
        }
        let bytes = (self.blobs)(&path).ok_or_else(|| {
            self.wrong(raw, format!("the body `{path}` is missing; restore it or record again"))
        })?;
        if blake3::hash(&bytes).to_hex()[..32] != *hash {
            return Err(self.wrong(raw, format!("the body `{path}` was changed; restore it or record again")));
        }
        Ok(bytes)
    }

    fn style(&self, doc: &BytesDoc<'_>) -> Result<Style, FormatError> {
        let Some(raw) = doc.style else { return Ok(Style::Compact) };
        let name = self.string(raw)?;
        let known = Style::ALL.into_iter().find(|style| style.name() == name);
        known.ok_or_else(|| self.wrong(raw, format!("`{name}` is no style: compact, spaced, indented")))
    }

    fn string<'t>(&self, raw: &'t RawValue) -> Result<Cow<'t, str>, FormatError> {
        let text = raw.get();
        match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(plain) if !plain.contains('\\') => Ok(Cow::Borrowed(plain)),
            _ => serde_json::from_str(text)
                .map(Cow::Owned)
                .map_err(|_| self.wrong(raw, "a string was expected")),
        }
    }
}
