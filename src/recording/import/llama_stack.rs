//! Llama Stack's own recordings: what its in-process recorder kept of the calls of Python clients.
//!
//! They are keyword arguments and objects, not HTTP: requests are put together as the SDK would send them, answers as
//! the provider would. `__type__` says which Python class an object was; only whether it was a list entry of a model
//! list or of a stream is taken from it, and nothing is ever instantiated.

use super::python_json::dumps;
use super::{Imported, ImportedSet, Importer, SourceFile};
use crate::model::CaseId;
use crate::recording::{Owner, Question, Rules, Set};
use crate::wire::message::{Body, End, Exchange, Head, Piece, Request, Response};
use bytes::Bytes;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use url::Url;

/// `recordings/*.json` of Llama Stack's and OGX's repositories.
pub(super) const IMPORTER: Importer = Importer {
    name: "llama-stack",
    summary: "the recordings of Llama Stack's (OGX's) integration tests",
    example: "stack-test recordings import --from llama-stack tests/integration/inference/recordings",
    import,
};

/// Arguments of the SDK that never reach the wire as part of the body.
const NOT_IN_BODY: [&str; 4] = ["extra_body", "extra_query", "extra_headers", "timeout"];

/// Sets being put together, by setup and owner.
type Sets = BTreeMap<(String, Owner), Vec<Exchange>>;

fn import(files: &[SourceFile]) -> Imported {
    // One that was named may be called anything.
    let is_alone = files.len() == 1;
    let mut files: Vec<&SourceFile> =
        files.iter().filter(|file| is_alone || file.name.ends_with(".json")).collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    let mut sets = Sets::new();
    let mut warnings = Vec::new();
    for file in files {
        match one(&file.name, &file.bytes) {
            Ok((setup, owner, exchange)) => {
                let owner = if is_polled(&exchange.request) { Owner::Session } else { owner };
                add(sets.entry((setup, owner)).or_default(), exchange, &file.name, &mut warnings);
            }
            Err(why) => warnings.push(format!("{}: {why}", file.name)),
        }
    }
    let sets = sets.into_iter().map(|((setup, owner), mut exchanges)| {
        exchanges.sort_by_cached_key(|exchange| (exchange.request.path.clone(), asked(&exchange.request)));
        ImportedSet { setup, set: Set { owner, exchanges } }
    });
    Imported { sets: sets.collect(), warnings }
}

/// Model and process lists are asked whenever a cache is cold, on behalf of whichever test comes first.
fn is_polled(request: &Request) -> bool {
    request.method == "GET"
}

fn asked(request: &Request) -> Question {
    Question::of(request, &Rules::default())
}

/// Lists are united. Of other answers to the same question the first is kept: a client of one version asks once, and
/// the files are of several versions.
fn add(exchanges: &mut Vec<Exchange>, new: Exchange, file: &str, warnings: &mut Vec<String>) {
    let question = asked(&new.request);
    let Some(known) = exchanges.iter_mut().find(|known| asked(&known.request) == question) else {
        exchanges.push(new);
        return;
    };
    if known.response == new.response {
        return;
    }
    match united(&known.response, &new.response) {
        Some(body) if is_polled(&new.request) => known.response.body = body,
        _ => warnings.push(format!(
            "{file}: another file of the same test asks the same on the wire (they differ in empty arguments only), \
             with another answer; left out"
        )),
    }
}

fn united(one: &Response, other: &Response) -> Option<Body> {
    let list = |response: &Response| -> Option<Map<String, Value>> {
        serde_json::from_slice(&response.body.bytes()).ok()
    };
    let (mut one, other) = (list(one)?, list(other)?);
    let name = ["data", "models"].into_iter().find(|name| one.contains_key(*name))?;
    let entries = one.get_mut(name)?.as_array_mut()?;
    let id = |entry: &Value| entry.get("id").or_else(|| entry.get("model")).cloned();
    for entry in other.get(name)?.as_array()? {
        if entries.iter().all(|known| id(known) != id(entry)) {
            entries.push(entry.clone());
        }
    }
    Some(Body::Whole(Value::Object(one).to_string().into()))
}

/// What a file says, or why it cannot be used.
fn one(name: &str, bytes: &[u8]) -> Result<(String, Owner, Exchange), String> {
    let file: Value = serde_json::from_slice(bytes).map_err(|error| format!("no JSON: {error}"))?;
    let request = file.get("request").and_then(Value::as_object).ok_or("it has no `request`")?;
    let response = file.get("response").and_then(Value::as_object).ok_or("it has no `response`")?;
    if request.contains_key("tool_name") {
        return Err("a call of a tool, not of a provider over HTTP; left out".into());
    }
    if response.get("is_exception").and_then(Value::as_bool) == Some(true) {
        return Err("an exception of the Python client, whose HTTP answer was not recorded; left out".into());
    }
    if is_stale(name, &file) {
        return Err("stale: its name is not the digest of its request, so that its own recorder cannot find it; left out".into());
    }
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    let url =
        Url::parse(text("url").ok_or("its request has no `url`")?).map_err(|error| error.to_string())?;
    let (mut setup, mut provider) = provider(&url);
    // Our own exporter says so where the host does not.
    if let Some(own) = file.get("_stack_test") {
        setup = own["setup"].as_str().unwrap_or(setup);
        provider = own["provider"].as_str().unwrap_or(provider);
    }
    // The recorder glued base URL and endpoint together, so that `/v1` is there twice.
    let path = url.path().replacen("/v1/v1/", "/v1/", 1);
    let polled = path.ends_with("/models") || path.ends_with("/api/ps") || path.ends_with("/api/tags");
    let body = match request.get("body") {
        Some(Value::Object(arguments)) if !polled => Value::Object(wire_body(arguments)).to_string(),
        _ => String::new(),
    };
    let exchange = Exchange {
        request: Request {
            provider: provider.to_owned(),
            method: if polled { "GET".to_owned() } else { text("method").unwrap_or("POST").to_owned() },
            path: path.clone(),
            query: url.query().unwrap_or_default().to_owned(),
            content_type: None,
            body: body.into(),
        },
        response: answer(response, &path)?,
    };
    let owner = match file.get("test_id").and_then(Value::as_str).and_then(case) {
        Some(case) => Owner::Case(case),
        None => Owner::Session,
    };
    Ok((setup.to_owned(), owner, exchange))
}

/// Whether the file's own recorder would not find it: the name is the SHA-256 of what it looks for. A name that is no
/// such digest says nothing.
fn is_stale(name: &str, file: &Value) -> bool {
    let stem = name.rsplit('/').next().unwrap_or(name).trim_end_matches(".json");
    let digest = stem.strip_prefix("models-").and_then(|rest| rest.split('-').next()).unwrap_or(stem);
    if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return false;
    }
    // Files from before tests were part of the digest have no `test_id` at all, and none of them is found any more.
    !self::digest(file).eq_ignore_ascii_case(digest)
}

/// What the file's own recorder looks for: the digest of method, path, arguments and test.
pub(in crate::recording) fn digest(file: &Value) -> String {
    let request = &file["request"];
    let url = request["url"].as_str().and_then(|url| Url::parse(url).ok());
    let looked_for = serde_json::json!({
        "body": request["body"],
        "endpoint": url.map_or(String::new(), |url| url.path().to_owned()),
        "method": request["method"],
        "test_id": file["test_id"],
    });
    sha256(dumps(&looked_for).as_bytes())
}

/// The digest in hexadecimal digits.
pub(in crate::recording) fn sha256(bytes: &[u8]) -> String {
    let found = ring::digest::digest(&ring::digest::SHA256, bytes);
    found.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The setup and the provider that a host stands for.
pub(in crate::recording) fn provider(url: &Url) -> (&'static str, &'static str) {
    match (url.host_str().unwrap_or_default(), url.port()) {
        (host, _) if host.ends_with("openai.com") => ("gpt", "openai"),
        (host, _) if host.ends_with("openai.azure.com") => ("azure", "azure"),
        (host, _) if host.ends_with("together.xyz") => ("together", "together"),
        (host, _) if host.ends_with("fireworks.ai") => ("fireworks", "fireworks"),
        (host, _) if host.ends_with("cerebras.ai") => ("cerebras", "cerebras"),
        (host, _) if host.ends_with("groq.com") => ("groq", "groq"),
        (host, _) if host.ends_with("databricks.com") => ("databricks", "databricks"),
        (_, Some(8000)) => ("vllm", "vllm"),
        (_, Some(8080)) => ("tgi", "tgi"),
        _ => ("ollama", "ollama"),
    }
}

/// Keyword arguments as the body that the SDK sends.
fn wire_body(arguments: &Map<String, Value>) -> Map<String, Value> {
    let given = |value: &&Value| value.get("__type__").is_none();
    let mut body: Map<String, Value> = arguments
        .iter()
        .filter(|(name, value)| !NOT_IN_BODY.contains(&name.as_str()) && given(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(Value::Object(extra)) = arguments.get("extra_body") {
        body.extend(extra.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    body
}

/// `tests/integration/inference/test_x.py::TestY::test_z[a]` → `inference/test_x::TestY::test_z[a]`.
fn case(test: &str) -> Option<CaseId> {
    let (file, name) = test.split_once("::")?;
    let file = file.strip_prefix("tests/integration/").unwrap_or(file);
    Some(CaseId::new(file.strip_suffix(".py").unwrap_or(file), name))
}

fn answer(response: &Map<String, Value>, path: &str) -> Result<Response, String> {
    let streaming = response.get("is_streaming").and_then(Value::as_bool).unwrap_or_default();
    let native = path.starts_with("/api/");
    let (kind, body) = match response.get("body") {
        Some(Value::Array(chunks)) if streaming => {
            let kind = if native { "application/x-ndjson" } else { "text/event-stream" };
            (kind, Body::Stream(pieces(chunks, native)))
        }
        Some(Value::Array(entries)) => {
            let entries: Vec<Value> = entries.iter().map(data).collect();
            let list = serde_json::json!({"object": "list", "data": entries});
            ("application/json", Body::Whole(list.to_string().into()))
        }
        Some(body @ Value::Object(_)) => ("application/json", Body::Whole(data(body).to_string().into())),
        _ => return Err("its response has no `body`; left out".into()),
    };
    let headers = vec![("content-type".to_owned(), kind.to_owned())];
    Ok(Response { head: Some(Head::new(200, headers)), body, end: End::Complete })
}

fn pieces(chunks: &[Value], native: bool) -> Vec<Piece> {
    let piece = |text: String| Piece { at: 0, bytes: Bytes::from(text) };
    let mut pieces: Vec<Piece> = chunks
        .iter()
        .map(|chunk| {
            piece(if native { format!("{}\n", data(chunk)) } else { format!("data: {}\n\n", data(chunk)) })
        })
        .collect();
    if !native {
        pieces.push(piece("data: [DONE]\n\n".to_owned()));
    }
    pieces
}

/// The content of `{__type__, __data__}`.
fn data(object: &Value) -> Value {
    object.get("__data__").unwrap_or(object).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, value: &Value) -> SourceFile {
        SourceFile { name: name.into(), bytes: value.to_string().into_bytes() }
    }

    fn recording(test: &str, body: &Value, answer: &Value) -> Value {
        serde_json::json!({
            "test_id": test,
            "request": {"method": "POST", "url": "http://0.0.0.0:11434/v1/v1/chat/completions", "body": body},
            "response": {"body": {"__type__": "os.system", "__data__": answer}, "is_streaming": false},
        })
    }

    #[test]
    fn arguments_become_the_body_on_the_wire() {
        let arguments = serde_json::json!({
            "model": "m", "extra_body": {"guided_choice": ["a"]}, "extra_headers": {"X": "1"}, "timeout": 3,
            "top_p": {"__type__": "openai.NotGiven", "__data__": {}},
        });
        let file = file(
            "a.json",
            &recording("tests/integration/inference/test_a.py::test_b[c]", &arguments, &Value::Null),
        );
        let imported = import(&[file]);
        let set = &imported.sets[0];
        assert_eq!(
            (set.setup.as_str(), set.set.owner.to_string().as_str()),
            ("ollama", "inference/test_a::test_b[c]")
        );
        let request = &set.set.exchanges[0].request;
        assert_eq!(request.path, "/v1/chat/completions");
        assert_eq!(&request.body[..], br#"{"model":"m","guided_choice":["a"]}"#);
    }

    #[test]
    fn what_cannot_be_replayed_is_left_out_with_a_warning() {
        let first = recording("t.py::x", &serde_json::json!({"model": "m"}), &serde_json::json!({"n": 1}));
        let second = recording("t.py::x", &serde_json::json!({"model": "m"}), &serde_json::json!({"n": 2}));
        let tool = serde_json::json!({"request": {"provider": "mcp", "tool_name": "t", "kwargs": {}}, "response": {}});
        let files = [
            file("b.json", &second),
            file("a.json", &first),
            file("c.json", &tool),
            file("d.json", &Value::Null),
        ];
        let imported = import(&files);
        assert_eq!(imported.sets.len(), 1);
        assert_eq!(&imported.sets[0].set.exchanges[0].response.body.bytes()[..], br#"{"n":1}"#);
        let begin = |text: &String| text.split(':').next().unwrap_or_default().to_owned();
        assert_eq!(imported.warnings.iter().map(begin).collect::<Vec<_>>(), ["b.json", "c.json", "d.json"]);
    }
}
