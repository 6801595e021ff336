//! HAR 1.2: what browsers' developer tools and proxies save of HTTP traffic.
//!
//! Entries that we exported come back as they were. Of others, what looks like a call of an API becomes a call outside
//! cases, which answers whichever case asks; pages, pictures and scripts are left out.

use super::{Imported, ImportedSet, Importer, SourceFile};
use crate::model::CaseId;
use crate::recording::{NO_SETUP, Owner, SESSION, Set};
use crate::wire::dialect::Framing;
use crate::wire::message::{Body, End, Exchange, Head, Piece, Request, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use std::collections::BTreeMap;
use url::Url;

/// HAR files.
pub(super) const IMPORTER: Importer = Importer {
    name: "har",
    summary: "HTTP archives of browsers and proxies, and those that `recordings export --to har` wrote",
    example: "stack-test recordings import --from har archives",
    import,
};

/// Headers of an answer that say more than how this one was transported. Archives hold bodies that are decoded already.
const KEPT_HEADERS: [&str; 3] = ["content-type", "location", "retry-after"];

/// What hosts are called as providers.
const HOSTS: [(&str, &str); 12] = [
    ("openai.com", "openai"),
    ("openai.azure.com", "azure"),
    ("anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gemini"),
    ("groq.com", "groq"),
    ("together.xyz", "together"),
    ("fireworks.ai", "fireworks"),
    ("cerebras.ai", "cerebras"),
    ("mistral.ai", "mistral"),
    ("databricks.com", "databricks"),
    ("amazonaws.com", "bedrock"),
    ("nvidia.com", "nvidia"),
];

#[derive(Deserialize)]
struct ArchiveDoc {
    log: LogDoc,
}

#[derive(Deserialize)]
struct LogDoc {
    entries: Vec<EntryDoc>,
}

#[derive(Deserialize)]
struct EntryDoc {
    request: RequestDoc,
    response: ResponseDoc,
    #[serde(rename = "_stackTest")]
    own: Option<OwnDoc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestDoc {
    method: String,
    url: String,
    post_data: Option<PostDataDoc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostDataDoc {
    #[serde(default)]
    mime_type: String,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct ResponseDoc {
    status: u16,
    #[serde(default)]
    headers: Vec<HeaderDoc>,
    content: ContentDoc,
}

#[derive(Deserialize)]
struct HeaderDoc {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContentDoc {
    #[serde(default)]
    mime_type: String,
    #[serde(default)]
    text: String,
    encoding: Option<String>,
}

/// What our own exporter adds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnDoc {
    setup: String,
    case: String,
    provider: String,
    path: String,
    query: String,
    content_type: Option<String>,
    end: String,
    #[serde(default)]
    head_after: u64,
    body: Option<String>,
    pieces: Option<Vec<(u64, usize)>>,
}

fn import(files: &[SourceFile]) -> Imported {
    // One that was named may be called anything.
    let is_alone = files.len() == 1;
    let mut files: Vec<&SourceFile> =
        files.iter().filter(|file| is_alone || file.name.ends_with(".har")).collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    let mut sets: BTreeMap<(String, Owner), Vec<Exchange>> = BTreeMap::new();
    let mut warnings = Vec::new();
    for file in files {
        let archive: ArchiveDoc = match serde_json::from_slice(&file.bytes) {
            Ok(archive) => archive,
            Err(error) => {
                warnings.push(format!("{}: no HTTP archive: {error}", file.name));
                continue;
            }
        };
        for (place, entry) in archive.log.entries.into_iter().enumerate() {
            match one(entry) {
                Ok((setup, owner, exchange)) => sets.entry((setup, owner)).or_default().push(exchange),
                Err(why) => warnings.push(format!("{}: entry {place}: {why}", file.name)),
            }
        }
    }
    let set = |((setup, owner), exchanges)| ImportedSet { setup, set: Set { owner, exchanges } };
    Imported { sets: sets.into_iter().map(set).collect(), warnings }
}

fn one(entry: EntryDoc) -> Result<(String, Owner, Exchange), String> {
    match entry.own {
        Some(own) => ours(own, entry.request, entry.response),
        None => foreign(entry.request, entry.response),
    }
}

/// An entry of our own exporter.
fn ours(
    own: OwnDoc,
    request: RequestDoc,
    response: ResponseDoc,
) -> Result<(String, Owner, Exchange), String> {
    let owner = match CaseId::parse(&own.case) {
        Some(case) => Owner::Case(case),
        None if own.case == SESSION => Owner::Session,
        None => return Err(format!("`{}` is no case", own.case)),
    };
    let end = End::ALL.into_iter().find(|end| end.name() == own.end);
    let end = end.ok_or_else(|| format!("`{}` is no end of an answer", own.end))?;
    let body = match &own.body {
        Some(encoded) => decoded(encoded)?,
        None => request.post_data.map(|data| data.text.into()).unwrap_or_default(),
    };
    let bytes = content(&response.content)?;
    let headers = response.headers.into_iter().map(|header| (header.name, header.value)).collect();
    let exchange = Exchange {
        request: Request {
            provider: own.provider,
            method: request.method,
            path: own.path,
            query: own.query,
            content_type: own.content_type,
            body,
        },
        response: Response {
            head: (response.status != 0).then_some(Head {
                status: response.status,
                headers,
                after: own.head_after,
            }),
            body: match own.pieces {
                Some(pieces) => Body::Stream(cut(&bytes, &pieces)?),
                None => Body::Whole(bytes),
            },
            end,
        },
    };
    Ok((own.setup, owner, exchange))
}

/// An entry of somebody else.
fn foreign(request: RequestDoc, response: ResponseDoc) -> Result<(String, Owner, Exchange), String> {
    let url = Url::parse(&request.url).map_err(|error| format!("`{}`: {error}", request.url))?;
    let kind = response.content.mime_type.to_ascii_lowercase();
    let framing = Framing::of(&kind);
    let is_call = framing.is_some() || kind.contains("json") || kind.starts_with("audio/");
    if response.status == 0 || !is_call || request.method == "OPTIONS" {
        return Err(format!("{} {} is no answered call of an API; left out", request.method, url.path()));
    }
    let bytes = content(&response.content)?;
    let headers = response.headers.into_iter().map(|header| (header.name.to_ascii_lowercase(), header.value));
    let mut headers: Vec<_> = headers.filter(|(name, _)| KEPT_HEADERS.contains(&name.as_str())).collect();
    if headers.iter().all(|(name, _)| name != "content-type") {
        headers.push(("content-type".into(), response.content.mime_type));
    }
    let (content_type, body) = match request.post_data {
        Some(data) => {
            (Some(data.mime_type).filter(|kind| !is_json(kind) && !data.text.is_empty()), data.text.into())
        }
        None => (None, Bytes::new()),
    };
    let exchange = Exchange {
        request: Request {
            provider: provider(&url),
            method: request.method,
            path: url.path().to_owned(),
            query: url.query().unwrap_or_default().to_owned(),
            content_type,
            body,
        },
        response: Response {
            head: Some(Head::new(response.status, headers)),
            body: match framing {
                Some(framing) => Body::Stream(events(&bytes, framing)),
                None => Body::Whole(bytes),
            },
            end: End::Complete,
        },
    };
    Ok((NO_SETUP.to_owned(), Owner::Session, exchange))
}

fn is_json(kind: &str) -> bool {
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// The provider that a host stands for; Ollama's port is as good as a name.
fn provider(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let known = HOSTS.iter().find(|(end, _)| host == *end || host.ends_with(&format!(".{end}")));
    match (known, url.port()) {
        (Some((_, name)), _) => (*name).to_owned(),
        (None, Some(11434)) => "ollama".to_owned(),
        _ => host.to_owned(),
    }
}

fn content(content: &ContentDoc) -> Result<Bytes, String> {
    match content.encoding.as_deref() {
        None | Some("") => Ok(Bytes::from(content.text.clone())),
        Some("base64") => decoded(&content.text),
        Some(other) => Err(format!("`{other}` is an encoding that nobody knows")),
    }
}

fn decoded(text: &str) -> Result<Bytes, String> {
    STANDARD.decode(text).map(Bytes::from).map_err(|error| format!("no base64: {error}"))
}

/// The body in its pieces: when each came, and how long it is.
fn cut(bytes: &Bytes, pieces: &[(u64, usize)]) -> Result<Vec<Piece>, String> {
    let mut rest = bytes.clone();
    let mut cut = Vec::with_capacity(pieces.len());
    for (at, length) in pieces {
        if *length > rest.len() {
            return Err("its pieces are longer than its body".into());
        }
        cut.push(Piece { at: *at, bytes: rest.split_to(*length) });
    }
    if rest.is_empty() { Ok(cut) } else { Err("its body is longer than its pieces".into()) }
}

/// A stream of which nobody kept the pieces: one for each event.
fn events(bytes: &Bytes, framing: Framing) -> Vec<Piece> {
    let ends = |at: usize| match framing {
        Framing::Sse => bytes[..=at].ends_with(b"\n\n") || bytes[..=at].ends_with(b"\n\r\n"),
        Framing::Ndjson => bytes[at] == b'\n',
        Framing::EventStream => false,
    };
    let mut rest = bytes.clone();
    let mut done = 0;
    let mut pieces = Vec::new();
    for at in (0..bytes.len()).filter(|at| ends(*at)) {
        pieces.push(Piece { at: 0, bytes: rest.split_to(at + 1 - done) });
        done = at + 1;
    }
    if !rest.is_empty() {
        pieces.push(Piece { at: 0, bytes: rest });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn imported(entries: &Value) -> Imported {
        let har =
            json!({"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": entries}});
        import(&[SourceFile { name: "a.har".into(), bytes: har.to_string().into_bytes() }])
    }

    fn entry(method: &str, url: &str, kind: &str, content: &Value) -> Value {
        json!({
            "startedDateTime": "2024-01-01T00:00:00Z", "time": 1, "cache": {}, "timings": {"send": 0, "wait": 1, "receive": 0},
            "request": {"method": method, "url": url, "httpVersion": "h2", "cookies": [], "queryString": [],
                "headers": [{"name": "Authorization", "value": "Bearer made-up"}], "headersSize": -1, "bodySize": 2,
                "postData": {"mimeType": "application/json; charset=utf-8", "text": "{}"}},
            "response": {"status": 200, "statusText": "", "httpVersion": "h2", "cookies": [], "redirectURL": "",
                "headers": [{"name": "Content-Type", "value": kind}, {"name": "Set-Cookie", "value": "made-up"}],
                "headersSize": -1, "bodySize": -1, "content": content},
        })
    }

    #[test]
    fn a_browser_s_archive_gives_its_calls_and_nothing_else() {
        let stream = "data: {\"a\":1}\n\ndata: [DONE]\r\n\r\n";
        let imported = imported(&json!([
            entry(
                "GET",
                "https://example.com/",
                "text/html",
                &json!({"size": 1, "mimeType": "text/html", "text": "x"})
            ),
            entry(
                "POST",
                "https://api.openai.com/v1/chat/completions?a=b",
                "text/event-stream",
                &json!({"size": 1, "mimeType": "text/event-stream", "text": stream}),
            ),
            entry(
                "POST",
                "http://localhost:11434/api/chat",
                "application/json",
                &json!({"size": 2, "mimeType": "application/json", "text": "e30=", "encoding": "base64"}),
            ),
        ]));
        assert_eq!(imported.warnings, ["a.har: entry 0: GET / is no answered call of an API; left out"]);
        let set = &imported.sets[0].set;
        assert_eq!((imported.sets.len(), &set.owner), (1, &Owner::Session));
        let [chat, ollama] = &set.exchanges[..] else { panic!("{set:?}") };
        assert_eq!((chat.request.provider.as_str(), chat.request.query.as_str()), ("openai", "a=b"));
        assert_eq!(chat.request.content_type, None);
        let Body::Stream(pieces) = &chat.response.body else { panic!("{chat:?}") };
        assert_eq!((pieces.len(), &chat.response.body.bytes()[..]), (2, stream.as_bytes()));
        assert_eq!(chat.response.head.as_ref().map(|head| head.headers.len()), Some(1));
        assert_eq!(
            (ollama.request.provider.as_str(), &ollama.response.body.bytes()[..]),
            ("ollama", &b"{}"[..])
        );
    }

    #[test]
    fn a_broken_archive_is_a_warning() {
        let files = ["{", "[]", r#"{"log": {"entries": [{}]}}"#, r#"{"log": {"entries": 3}}"#];
        for text in files {
            let imported = import(&[SourceFile { name: "a.har".into(), bytes: text.into() }]);
            assert_eq!((imported.sets.len(), imported.warnings.len()), (0, 1), "{text}");
        }
        let lying = json!({"setup": "s", "case": "a::b", "provider": "p", "path": "/", "query": "", "end": "complete",
            "pieces": [[0, u64::MAX]]});
        let mut entry = entry("GET", "http://p/", "text/plain", &json!({"text": "x"}));
        entry["_stackTest"] = lying;
        assert_eq!(imported(&json!([entry])).warnings.len(), 1);
    }
}
