//! Recordings as Llama Stack's (OGX's) own recorder reads them: a file for each call, named by the digest of the question.
//!
//! It keeps the arguments and objects of Python clients and not HTTP. What a client would send again is exported: whole
//! or streamed answers with status 200. Its replay has one answer for each question of a test.

use super::{Exported, Exporter};
use crate::recording::import::llama_stack::{digest, provider, sha256};
use crate::recording::stats::answer_json;
use crate::recording::{ImportedSet, Owner, SourceFile, suite_component};
use crate::wire::message::{Body, End, Exchange, Request, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

/// `tests/integration/…/recordings/*.json` of Llama Stack's and OGX's repositories.
pub(super) const EXPORTER: Exporter = Exporter {
    name: "llama-stack",
    summary: "recordings for the integration tests of Llama Stack (OGX)",
    example: "stack-test recordings export --to llama-stack --out tests/integration",
    one_file: false,
    export,
};

/// The base URL that stands for a provider; its client puts the endpoint, with a second `/v1`, behind it.
const BASES: [(&str, &str); 10] = [
    ("openai", "https://api.openai.com"),
    ("ollama", "http://0.0.0.0:11434"),
    ("vllm", "http://localhost:8000"),
    ("tgi", "http://localhost:8080"),
    ("azure", "https://stack-test.openai.azure.com"),
    ("together", "https://api.together.xyz"),
    ("fireworks", "https://api.fireworks.ai/inference"),
    ("cerebras", "https://api.cerebras.ai"),
    ("groq", "https://api.groq.com/openai"),
    ("databricks", "https://stack-test.databricks.com"),
];

/// The Python classes of answers, by the end of the path: of a whole one and of an event.
const CLASSES: [(&str, &str, &str); 9] = [
    (
        "/chat/completions",
        "openai.types.chat.chat_completion.ChatCompletion",
        "openai.types.chat.chat_completion_chunk.ChatCompletionChunk",
    ),
    ("/completions", "openai.types.completion.Completion", "openai.types.completion.Completion"),
    ("/embeddings", "openai.types.create_embedding_response.CreateEmbeddingResponse", ""),
    ("/api/ps", "ollama._types.ProcessResponse", ""),
    ("/api/tags", "ollama._types.ListResponse", ""),
    ("/api/chat", "ollama._types.ChatResponse", "ollama._types.ChatResponse"),
    ("/api/generate", "ollama._types.GenerateResponse", "ollama._types.GenerateResponse"),
    ("/api/embed", "ollama._types.EmbedResponse", ""),
    ("/models", "openai.types.model.Model", ""),
];

fn export(sets: &[ImportedSet]) -> Exported {
    let mut files: BTreeMap<String, Value> = BTreeMap::new();
    let mut warnings = Vec::new();
    let mut exported = 0;
    for ImportedSet { setup, set } in sets {
        let mut is_there = false;
        for (place, exchange) in set.exchanges.iter().enumerate() {
            let call = format!("{}: call {}", set.owner, place + 1);
            match one(setup, &set.owner, exchange) {
                Ok((name, file)) => match files.get(&name) {
                    Some(known) if known["response"] != file["response"] => warnings.push(format!(
                        "{call}: the same question again, with another answer; its recorder has one for each, the first is kept"
                    )),
                    Some(_) => is_there = true,
                    None => {
                        is_there = true;
                        files.insert(name, file);
                    }
                },
                Err(why) => warnings.push(format!("{call}: {why}; left out")),
            }
        }
        exported += usize::from(is_there);
    }
    let file = |(name, value): (String, Value)| {
        let mut bytes = serde_json::to_vec_pretty(&value).unwrap_or_default();
        bytes.push(b'\n');
        SourceFile { name, bytes }
    };
    Exported { sets: exported, files: files.into_iter().map(file).collect(), warnings }
}

/// The file of a call, and its name.
fn one(setup: &str, owner: &Owner, exchange: &Exchange) -> Result<(String, Value), String> {
    let Exchange { request, response } = exchange;
    let listed = ["/models", "/api/ps", "/api/tags"].iter().any(|end| request.path.ends_with(end));
    let arguments = match serde_json::from_slice::<Value>(&request.body) {
        Ok(body @ Value::Object(_)) => body,
        _ if listed => json!({}),
        _ => return Err("what is asked is no JSON object, as a Python client's arguments are".into()),
    };
    let url = url(request)?;
    let test = match owner {
        Owner::Case(case) => Value::from(format!("tests/integration/{}.py::{}", case.suite(), case.case())),
        Owner::Session => Value::Null,
    };
    let (body, is_streaming) = answer(request, response)?;
    let model = arguments.get("model").cloned().unwrap_or_else(|| "".into());
    let mut file = json!({
        "test_id": test,
        "request": {
            "method": "POST",
            "url": url.as_str(),
            "headers": {},
            "body": arguments,
            "endpoint": request.path,
            "model": model,
        },
        "response": {"body": body, "is_streaming": is_streaming},
        "id_normalization_mapping": {},
    });
    if provider(&url) != (setup, &request.provider) {
        file["_stack_test"] = json!({"setup": setup, "provider": request.provider});
    }
    let digest = digest(&file);
    // Lists are looked up by the question alone, and united.
    let name = match model_names(&file["response"]["body"]) {
        Some(names) => format!("models-{digest}-{}.json", &sha256(names.join("|").as_bytes())[..8]),
        None => format!("{digest}.json"),
    };
    let folder = match owner {
        Owner::Case(case) => suite_component(case.suite().split('/').next().unwrap_or_default()),
        Owner::Session => "common".to_owned(),
    };
    Ok((format!("{folder}/recordings/{name}"), file))
}

fn url(request: &Request) -> Result<Url, String> {
    let base = BASES.iter().find(|(name, _)| *name == request.provider).map(|(_, base)| (*base).to_owned());
    let base = base.unwrap_or_else(|| "http://provider.invalid".to_owned());
    let double = if request.path.starts_with("/v1/") { "/v1" } else { "" };
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let text = format!("{base}{double}{}{query}", request.path);
    Url::parse(&text).map_err(|error| format!("`{text}`: {error}"))
}

/// The answer as Python objects, and whether it is a list of events.
fn answer(request: &Request, response: &Response) -> Result<(Value, bool), String> {
    let status = response.head.as_ref().map(|head| head.status);
    if status != Some(200) || response.end != End::Complete {
        return Err("the provider gave no whole answer with status 200".into());
    }
    let class = CLASSES.iter().find(|(end, ..)| request.path.ends_with(end));
    let (end, whole, event) =
        class.ok_or_else(|| format!("its recorder does not know `{}`", request.path))?;
    let object = |class: &str, data: &Value| json!({"__type__": class, "__data__": data});
    let documents = answer_json(response);
    if let Body::Stream(_) = response.body {
        if event.is_empty() {
            return Err("its recorder knows no stream of these".into());
        }
        return Ok((documents.iter().map(|document| object(event, document)).collect(), true));
    }
    let [document] = documents.as_slice() else { return Err("the answer is no JSON".into()) };
    match document.get("data").and_then(Value::as_array) {
        Some(entries) if *end == "/models" => {
            Ok((entries.iter().map(|entry| object(whole, entry)).collect(), false))
        }
        _ => Ok((object(whole, document), false)),
    }
}

/// The names in a list of models, sorted, each once.
fn model_names(body: &Value) -> Option<Vec<String>> {
    let is_model = |entry: &Value| entry["__type__"] == "openai.types.model.Model";
    let entries = body.as_array().filter(|entries| entries.iter().all(is_model) && !entries.is_empty())?;
    let name = |entry: &Value| entry.pointer("/__data__/id")?.as_str().map(str::to_owned);
    let mut names: Vec<String> = entries.iter().filter_map(name).collect();
    names.sort();
    names.dedup();
    Some(names)
}
