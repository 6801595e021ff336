//! Real provider traffic through gateway and embedded stack: with a plain client, with suites of our own, and with the
//! official `openai` and `ollama` clients (those by `tests/python/run`, which installs them).
//!
//! The traffic is a corpus beside the repository; where it is absent, these tests say so and pass.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a test may")]

use serde_json::{Value, json};
use stack_test::gateway::{self, Gateway, GatewayConfig, Store, Upstream};
use stack_test::model::{CaseId, InferenceMode};
use stack_test::recording::{IMPORTERS, Owner, SourceFile};
use stack_test::starter::{self, ProviderConfig, Running, StarterConfig};
use stack_test::wire::dialect::DIALECTS;
use stack_test::wire::message::{Body, Exchange};
use stack_test::wire::{SseParser, trace};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::net::TcpListener;

const CORPUS: &str = "../shared/corpus/llama-stack";

/// The routes of a stack that the corpus has traffic for.
const ROUTES: [&str; 2] = ["/v1/chat/completions", "/v1/completions"];

/// A question with its recorded answer.
struct Asked {
    setup: String,
    case: CaseId,
    provider: String,
    route: String,
    body: Value,
    /// The whole answer, or the chunks of a stream.
    answer: Value,
}

fn corpus() -> Option<Vec<SourceFile>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(CORPUS);
    if !root.is_dir() {
        println!("skipped: the corpus is not at {CORPUS}");
        return None;
    }
    let mut folders = vec![root.clone()];
    let mut paths: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { paths.push(path) }
        }
    }
    paths.sort();
    let read = |path: PathBuf| SourceFile {
        name: path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(),
        bytes: fs::read(&path).unwrap(),
    };
    Some(
        paths
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .map(read)
            .collect(),
    )
}

/// Imports the corpus into `root` and returns what is asked in it, by setup.
fn import(files: &[SourceFile], root: &Path) -> BTreeMap<String, Vec<Asked>> {
    let importer = IMPORTERS.iter().find(|importer| importer.name == "llama-stack").unwrap();
    let mut asked: BTreeMap<String, Vec<Asked>> = BTreeMap::new();
    for imported in (importer.import)(files).sets {
        if let Owner::Case(case) = &imported.set.owner {
            let questions = imported.set.exchanges.iter();
            let questions = questions.filter_map(|exchange| question(&imported.setup, case, exchange));
            asked.entry(imported.setup.clone()).or_default().extend(questions);
        }
        let store = Store::new(root, &imported.setup);
        store.prepare().unwrap();
        store.save(imported.set).unwrap();
    }
    asked
}

fn question(setup: &str, case: &CaseId, exchange: &Exchange) -> Option<Asked> {
    let route = ROUTES.iter().find(|route| exchange.request.path.ends_with(*route))?;
    let body: Value = serde_json::from_slice(&exchange.request.body).ok()?;
    let bytes = exchange.response.body.bytes();
    let answer =
        if body["stream"] == json!(true) { chunks(&bytes) } else { serde_json::from_slice(&bytes).ok()? };
    let (setup, case, provider) = (setup.to_owned(), case.clone(), exchange.request.provider.clone());
    Some(Asked { setup, case, provider, route: (*route).to_owned(), body, answer })
}

/// The JSON of every event of a stream.
fn chunks(bytes: &[u8]) -> Value {
    let mut parser = SseParser::default();
    let events = parser.push(bytes).unwrap();
    events.iter().filter_map(|event| serde_json::from_str::<Value>(&event.data).ok()).collect()
}

/// A gateway in replay on the recordings of one setup, and an embedded stack whose providers are behind it.
struct World {
    gateway: Gateway,
    stack: Running,
}

impl World {
    async fn new(root: &Path, setup: &str, asked: &[Asked]) -> Self {
        let mut names: Vec<&str> = asked.iter().map(|asked| asked.provider.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let upstream = |name: &&str| {
            let dialect =
                DIALECTS.iter().find(|dialect| dialect.name == *name).copied().unwrap_or(DIALECTS[0]);
            Upstream::new(name, "http://127.0.0.1:1/v1", dialect)
        };
        let config = GatewayConfig {
            providers: names.iter().map(upstream).collect(),
            cases: asked.iter().map(|asked| asked.case.clone()).collect(),
            ..GatewayConfig::new(InferenceMode::Replay, setup, root)
        };
        let gateway = gateway::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), config).await.unwrap();
        let provider = |name: &&str| ProviderConfig {
            id: (*name).to_owned(),
            provider_type: format!("remote::{name}"),
            base_url: gateway.base_url(name),
            api_key: None,
        };
        let config = StarterConfig { providers: names.iter().map(provider).collect(), apis: None };
        let stack = starter::serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), config).await.unwrap();
        Self { gateway, stack }
    }

    fn url(&self) -> String {
        format!("http://{}", self.stack.addr())
    }

    async fn end(self) {
        self.stack.stop().await;
        self.gateway.finish().await;
    }
}

/// The body as a client of the stack sends it: the model's id there has the provider in front.
fn as_client(asked: &Asked) -> Value {
    let mut body = asked.body.clone();
    body["model"] = json!(format!("{}/{}", asked.provider, body["model"].as_str().unwrap_or_default()));
    body
}

/// An answer without what the stack may say in its own words: the model's id.
fn comparable(mut answer: Value) -> Value {
    let strip = |value: &mut Value| {
        if let Some(object) = value.as_object_mut() {
            object.remove("model");
        }
    };
    match &mut answer {
        Value::Array(chunks) => chunks.iter_mut().for_each(strip),
        one => strip(one),
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_client_gets_what_the_provider_said() {
    let Some(files) = corpus() else { return };
    let root = tempfile::tempdir().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut compared = 0;
    for (setup, asked) in import(&files, root.path()) {
        let world = World::new(root.path(), &setup, &asked).await;
        for question in &asked {
            world.gateway.open(&question.case);
        }
        for question in &asked {
            let request = client.post(format!("{}{}", world.url(), question.route));
            let request =
                request.header(trace::BAGGAGE, trace::baggage(&question.case)).json(&as_client(question));
            let answer = request.send().await.unwrap();
            let bytes = answer.bytes().await.unwrap();
            let got = if question.answer.is_array() {
                chunks(&bytes)
            } else {
                serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{}: {bytes:?}", question.case))
            };
            assert_eq!(
                comparable(got),
                comparable(question.answer.clone()),
                "{} in {}",
                question.case,
                question.setup
            );
            compared += 1;
        }
        world.end().await;
    }
    println!("{compared} answers compared");
    assert!(compared > 100, "the corpus has more than {compared} answers");
}

/// Every chat and completion of the corpus as a case of ours, run by the binary against the embedded stack it starts.
#[test]
fn suites_of_our_own_replay_the_corpus() {
    let Some(files) = corpus() else { return };
    let root = tempfile::tempdir().unwrap();
    for (setup, asked) in import(&files, &root.path().join("recordings")) {
        let _ = fs::remove_dir_all(root.path().join("suites"));
        let cases = write_suites(&root.path().join("suites"), &asked);
        let providers: Vec<&str> = asked.iter().map(|asked| asked.provider.as_str()).collect();
        let env = ["OLLAMA_URL", "OPENAI_BASE_URL", "VLLM_URL"].iter().filter(|variable| {
            let provider = variable.split('_').next().unwrap().to_lowercase();
            providers.contains(&provider.as_str())
        });
        let settings = env
            .map(|variable| format!("{variable}: \"http://127.0.0.1:1/v1\""))
            .collect::<Vec<_>>()
            .join(", ");
        fs::write(
            root.path().join("stack-test.yaml"),
            format!("setups:\n  {setup}: {{ env: {{ {settings} }} }}\n"),
        )
        .unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_stack-test"))
            .args(["run", ".", "--stack-config=starter", "--setup", &setup])
            .current_dir(root.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "setup {setup}: {text}{}", String::from_utf8_lossy(&output.stderr));
        let wanted =
            if cases == 1 { "1 case: 1 passed".to_owned() } else { format!("{cases} cases: {cases} passed") };
        assert!(text.contains(&wanted), "wanted `{wanted}` in {text}");
    }
}

/// Writes a suite for each suite of the recordings, with a case for each recorded case; returns how many cases.
fn write_suites(folder: &Path, asked: &[Asked]) -> usize {
    let mut suites: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
    for question in asked {
        let steps = suites.entry(question.case.suite()).or_default().entry(question.case.case()).or_default();
        steps.push(step(question));
    }
    let mut count = 0;
    for (path, cases) in suites {
        count += cases.len();
        let cases: Vec<Value> =
            cases.into_iter().map(|(name, steps)| json!({ "name": name, "steps": steps })).collect();
        let file = folder.join(format!("{path}.yaml"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        // JSON is YAML.
        fs::write(file, serde_json::to_string_pretty(&json!({ "cases": cases })).unwrap()).unwrap();
    }
    count
}

fn step(question: &Asked) -> Value {
    let expect = match &question.answer {
        Value::Array(chunks) => {
            json!({ "status": 200, "stream": { "events": chunks.len(), "ends_with": "[DONE]" } })
        }
        answer if answer["choices"][0]["text"].is_string() => {
            json!({ "status": 200, "$.choices[0].text": { "eq": escaped(&answer["choices"][0]["text"]) } })
        }
        answer => json!({
            "status": 200,
            "$.choices[0].finish_reason": { "eq": answer["choices"][0]["finish_reason"] },
            "$.choices[0].message.content": { "eq": escaped(&answer["choices"][0]["message"]["content"]) },
        }),
    };
    json!({ "post": question.route, "json": escaped(&as_client(question)), "expect": expect })
}

/// The value with the braces of templates taken literally.
fn escaped(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.replace("{{", "\\{{")),
        Value::Array(items) => items.iter().map(escaped).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), escaped(value))).collect(),
        other => other.clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the openai client: tests/python/run installs it and sets STACK_TEST_PYTHON"]
async fn the_official_client_gets_what_the_provider_said() {
    let Some(files) = corpus() else { return };
    let python =
        std::env::var("STACK_TEST_PYTHON").expect("STACK_TEST_PYTHON names a Python that has `openai`");
    let root = tempfile::tempdir().unwrap();
    for (setup, asked) in import(&files, root.path()) {
        let world = World::new(root.path(), &setup, &asked).await;
        let tasks: Vec<Value> = asked
            .iter()
            .map(|question| {
                world.gateway.open(&question.case);
                json!({
                    "baggage": trace::baggage(&question.case),
                    "route": question.route,
                    "body": as_client(question),
                    "answer": question.answer,
                })
            })
            .collect();
        let file = root.path().join(format!("{setup}.tasks.json"));
        fs::write(&file, serde_json::to_vec(&tasks).unwrap()).unwrap();
        let output = tokio::process::Command::new(&python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/drive.py"))
            .args([&format!("{}/v1", world.url()), file.to_str().unwrap()])
            .output()
            .await
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        print!("{setup}: {text}");
        assert!(output.status.success(), "{setup}: {text}{}", String::from_utf8_lossy(&output.stderr));
        world.end().await;
    }
}

/// Every exchange of the corpus, straight from `stack-test gateway`, which runs the clients: 64 at once, in an order of
/// chance. Strict, so that nothing recorded is left unasked.
#[test]
#[ignore = "needs the openai and ollama clients: tests/python/run installs them and sets STACK_TEST_PYTHON"]
fn the_official_clients_get_every_object_as_it_is_stored() {
    let Some(files) = corpus() else { return };
    let python = std::env::var("STACK_TEST_PYTHON").expect("STACK_TEST_PYTHON names a Python with both");
    let root = tempfile::tempdir().unwrap();
    let mut tasks: BTreeMap<String, (BTreeSet<String>, Vec<Value>)> = BTreeMap::new();
    let importer = IMPORTERS.iter().find(|importer| importer.name == "llama-stack").unwrap();
    for imported in (importer.import)(&files).sets {
        let (providers, of_setup) = tasks.entry(imported.setup.clone()).or_default();
        for exchange in &imported.set.exchanges {
            providers.insert(exchange.request.provider.clone());
            of_setup.push(task(&imported.set.owner, exchange));
        }
        let store = Store::new(root.path(), &imported.setup);
        store.prepare().unwrap();
        store.save(imported.set).unwrap();
    }
    for (setup, (providers, of_setup)) in tasks {
        let file = root.path().join(format!("{setup}.tasks.json"));
        fs::write(&file, serde_json::to_vec(&of_setup).unwrap()).unwrap();
        let providers = providers.iter().flat_map(|name| {
            ["--provider".to_owned(), format!("{name}=http://127.0.0.1:1/v1,{}", url_env(name))]
        });
        let output = Command::new(env!("CARGO_BIN_EXE_stack-test"))
            .args(["gateway", "--strict", "--case-header", "X-Test-Id", "--setup", &setup, "--recordings"])
            .arg(root.path())
            .args(providers)
            .args(["--", &python])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/objects.py"))
            .arg(&file)
            .current_dir(root.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        print!("{setup}: {text}");
        assert!(output.status.success(), "{setup}: {text}{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn url_env(provider: &str) -> String {
    format!("url_env=URL_OF_{}", provider.to_uppercase())
}

fn task(owner: &Owner, exchange: &Exchange) -> Value {
    let body = serde_json::from_slice(&exchange.request.body).unwrap_or(Value::Null);
    let bytes = exchange.response.body.bytes();
    let is_stream = matches!(exchange.response.body, Body::Stream(_));
    let answer = if is_stream { chunks(&bytes) } else { serde_json::from_slice(&bytes).unwrap() };
    let case = match owner {
        Owner::Case(case) => Some(case.to_string()),
        Owner::Session => None,
    };
    json!({
        "url_env": url_env(&exchange.request.provider).trim_start_matches("url_env="),
        "case": case,
        "path": exchange.request.path,
        "body": body,
        "answer": answer,
    })
}
