//! Real answers of real providers: the recordings of Llama Stack, imported and replayed, exported and imported again.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a test may")]

use futures_util::{StreamExt, stream};
use serde_json::Value;
use stack_test::gateway::{Gateway, GatewayConfig, Store, Upstream, setups, start};
use stack_test::model::{CaseId, InferenceMode};
use stack_test::recording::{
    EXPORTERS, Exported, IMPORTERS, Imported, ImportedSet, Key, MissedCall, Owner, Set, SourceFile,
    answer_json, explain,
};
use stack_test::wire::dialect::for_provider;
use stack_test::wire::message::{Body, End, Exchange, Head, Piece, Request, Response};
use stack_test::wire::trace::baggage;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpListener;

/// The corpus; `None`, said aloud, where it is not there.
fn corpus() -> Option<Vec<SourceFile>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/llama-stack");
    if !root.is_dir() {
        println!("skipped: {} is not there", root.display());
        return None;
    }
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    Some(files)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            files.push(SourceFile { name, bytes: std::fs::read(&path).unwrap() });
        }
    }
}

async fn gateway(root: &Path, setup: &str) -> Gateway {
    let provider = match setup {
        "gpt" => "openai",
        other => other,
    };
    let config = GatewayConfig {
        providers: vec![Upstream::new(provider, "http://127.0.0.1:9/v1", for_provider(provider))],
        idle: Duration::from_secs(5),
        ..GatewayConfig::new(InferenceMode::Replay, setup, root)
    };
    start(TcpListener::bind("127.0.0.1:0").await.unwrap(), config).await.unwrap()
}

/// Asks for what `exchange` answers, and compares: bytes, pieces, status.
async fn replayed(client: &reqwest::Client, base: &str, owner: &Owner, exchange: &Exchange) {
    let asked = &exchange.request;
    let url = format!("{}{}", base.trim_end_matches("/v1"), asked.path);
    let mut request = client.request(asked.method.parse().unwrap(), url).body(asked.body.clone());
    if let Owner::Case(case) = owner {
        request = request.header("baggage", baggage(case));
    }
    let mut response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let mut pieces = Vec::new();
    while let Some(piece) = response.chunk().await.unwrap() {
        pieces.push(piece);
    }
    let text = pieces.concat();
    assert_eq!(status, 200, "{owner}: {}", String::from_utf8_lossy(&text));
    assert_eq!(text, exchange.response.body.bytes(), "{owner}");
    if let Body::Stream(recorded) = &exchange.response.body {
        assert!(text.ends_with(b"data: [DONE]\n\n"));
        assert!(pieces.len() > 1 || recorded.len() == 1, "{owner}: all at once");
    } else {
        let _object: Value = serde_json::from_slice(&text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_interaction_is_replayed_by_64_clients_at_once_in_any_order() {
    let Some(files) = corpus() else { return };
    let importer = IMPORTERS.iter().find(|importer| importer.name == "llama-stack").unwrap();
    let imported = (importer.import)(&files);
    let interactions: usize = imported.sets.iter().map(|one| one.set.exchanges.len()).sum();
    println!("{interactions} interactions, {} sets, {:#?}", imported.sets.len(), imported.warnings);
    assert!(interactions > 130 && imported.warnings.len() < 10);

    let root = tempfile::tempdir().unwrap();
    let mut calls = Vec::new();
    let client = {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder().no_proxy().build().unwrap()
    };
    let mut gateways = std::collections::BTreeMap::new();
    for ImportedSet { setup, set } in &imported.sets {
        Store::new(root.path(), setup).save(set.clone()).unwrap();
        if !gateways.contains_key(setup) {
            gateways.insert(setup.clone(), gateway(root.path(), setup).await);
        }
        let provider = &set.exchanges[0].request.provider;
        let base = gateways[setup].base_url(provider);
        calls
            .extend(set.exchanges.iter().map(|exchange| (base.clone(), set.owner.clone(), exchange.clone())));
    }
    // A fixed shuffle: a failure can be had again.
    calls
        .sort_by_key(|(_, owner, exchange)| blake3::hash(format!("{owner}{exchange:?}").as_bytes()).to_hex());
    stream::iter(&calls)
        .for_each_concurrent(64, |(base, owner, exchange)| replayed(&client, base, owner, exchange))
        .await;
}

#[test]
fn importing_does_not_depend_on_the_order_of_files() {
    let Some(mut files) = corpus() else { return };
    let write = |files: &[SourceFile]| {
        let imported = (IMPORTERS[0].import)(files);
        let root = tempfile::tempdir().unwrap();
        let mut written = Vec::new();
        for ImportedSet { setup, set } in imported.sets {
            let store = Store::new(root.path(), &setup);
            let path = store.path(&set.owner);
            store.save(set).unwrap();
            let name = path.strip_prefix(root.path()).unwrap().to_owned();
            written.push((name, std::fs::read(path).unwrap()));
        }
        (written, imported.warnings)
    };
    let once = write(&files);
    files.reverse();
    assert!(once == write(&files));
}

/// The sets of every setup below `recordings`, in order.
fn own_sets() -> Vec<ImportedSet> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings");
    let mut sets = Vec::new();
    for (setup, store) in setups(&root).unwrap() {
        for path in store.survey().unwrap().sets {
            sets.push(ImportedSet { setup: setup.clone(), set: store.read(&path).unwrap().0 });
        }
    }
    assert!(sets.len() > 20);
    sets.sort_by(|one, other| (&one.setup, &one.set.owner).cmp(&(&other.setup, &other.set.owner)));
    sets
}

fn import(tool: &str, files: &[SourceFile]) -> Imported {
    let importer = IMPORTERS.iter().find(|importer| importer.name == tool).unwrap();
    (importer.import)(files)
}

fn export(tool: &str, sets: &[ImportedSet]) -> Exported {
    let exporter = EXPORTERS.iter().find(|exporter| exporter.name == tool).unwrap();
    (exporter.export)(sets)
}

#[track_caller]
fn same_sets(one: &[ImportedSet], other: &[ImportedSet]) {
    let names = |sets: &[ImportedSet]| -> Vec<String> {
        sets.iter().map(|one| format!("{} {}", one.setup, one.set.owner)).collect()
    };
    assert_eq!(names(one), names(other));
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one.set, other.set);
    }
}

#[test]
fn an_archive_holds_everything() {
    let mut all = own_sets();
    // What browsers have no word for.
    let odd = |body, end| Response {
        head: (end != End::Refused)
            .then(|| Head::new(200, vec![("content-type".into(), "audio/mpeg".into())])),
        body,
        end,
    };
    let bytes = |bytes: &'static [u8]| bytes::Bytes::from_static(bytes);
    let piece = |at, text| Piece { at, bytes: bytes(text) };
    let answers = [
        odd(Body::Whole(bytes(b"\xff\x00\xfe")), End::Complete),
        odd(Body::Stream(vec![piece(1, b"data: \xc3"), piece(40_000, b"\xa9\r\n\r\n")]), End::Aborted),
        odd(Body::Stream(vec![]), End::Timeout),
        odd(Body::Whole(bytes(b"")), End::Refused),
    ];
    let exchanges = answers.map(|response| Exchange {
        request: Request {
            provider: "no host/at all".into(),
            method: "PUT".into(),
            path: "/a%2fb/../c".into(),
            query: "q=%22&&x".into(),
            content_type: Some("application/octet-stream".into()),
            body: bytes(b"\x80\x81"),
        },
        response,
    });
    let owner = Owner::Case(CaseId::new("odd", "größe \"x\""));
    all.push(ImportedSet { setup: "zzz".into(), set: Set { owner, exchanges: exchanges.into() } });
    if let Some(files) = corpus() {
        all.extend(import("llama-stack", &files).sets);
    }
    all.sort_by(|one, other| (&one.setup, &one.set.owner).cmp(&(&other.setup, &other.set.owner)));
    let exported = export("har", &all);
    let har: Value = serde_json::from_slice(&exported.files[0].bytes).unwrap();
    has_what_the_specification_asks_for(&har);
    let imported = import("har", &exported.files);
    assert_eq!((imported.warnings, exported.warnings), (vec![], vec![]));
    same_sets(&imported.sets, &all);
}

/// The members that HAR 1.2 requires, with their types.
fn has_what_the_specification_asks_for(har: &Value) {
    let text = |value: &Value, names: &[&str]| names.iter().all(|name| value[*name].is_string());
    let number = |value: &Value, names: &[&str]| names.iter().all(|name| value[*name].is_i64());
    let list = |value: &Value, names: &[&str]| names.iter().all(|name| value[*name].is_array());
    let log = &har["log"];
    assert!(log["version"] == "1.2" && text(&log["creator"], &["name", "version"]));
    let pages: Vec<&str> =
        log["pages"].as_array().unwrap().iter().map(|page| page["id"].as_str().unwrap()).collect();
    let is_time = |value: &Value| {
        let text = value.as_str().unwrap();
        text.len() == "1970-01-01T00:00:00.000Z".len() && text.ends_with('Z') && text.as_bytes()[10] == b'T'
    };
    for page in log["pages"].as_array().unwrap() {
        assert!(
            is_time(&page["startedDateTime"])
                && text(page, &["id", "title"])
                && page["pageTimings"].is_object()
        );
    }
    for entry in log["entries"].as_array().unwrap() {
        let (request, response) = (&entry["request"], &entry["response"]);
        assert!(is_time(&entry["startedDateTime"]) && number(entry, &["time"]) && entry["cache"].is_object());
        assert!(pages.contains(&entry["pageref"].as_str().unwrap()), "{entry}");
        assert!(text(request, &["method", "url", "httpVersion"]), "{entry}");
        assert!(list(request, &["cookies", "headers", "queryString"]), "{entry}");
        assert!(number(request, &["headersSize", "bodySize"]), "{entry}");
        assert!(url::Url::parse(request["url"].as_str().unwrap()).is_ok(), "{entry}");
        if let Some(data) = request.get("postData") {
            assert!(text(data, &["mimeType", "text"]), "{entry}");
        }
        assert!(text(response, &["statusText", "httpVersion", "redirectURL"]), "{entry}");
        assert!(
            list(response, &["cookies", "headers"])
                && number(response, &["status", "headersSize", "bodySize"])
        );
        assert!(
            text(&response["content"], &["mimeType"]) && number(&response["content"], &["size"]),
            "{entry}"
        );
        assert!(number(&entry["timings"], &["send", "wait", "receive"]), "{entry}");
        let spent = ["send", "wait", "receive"].map(|name| entry["timings"][name].as_i64().unwrap());
        assert_eq!(entry["time"].as_i64(), Some(spent.iter().sum()));
    }
}

#[test]
fn llama_stack_finds_its_own_recordings_again() {
    let Some(files) = corpus() else { return };
    let imported = import("llama-stack", &files);
    let exported = export("llama-stack", &imported.sets);
    assert_eq!(exported.warnings, Vec::<String>::new());
    let base = |file: &SourceFile| file.name.rsplit('/').next().unwrap().to_owned();
    let theirs: std::collections::BTreeSet<String> = files.iter().map(base).collect();
    let ours: Vec<String> =
        exported.files.iter().map(base).filter(|name| !name.starts_with("models-")).collect();
    let found = ours.iter().filter(|name| theirs.contains(*name)).count();
    println!("{found} of {} questions are looked up under the names that their files had", ours.len());
    // The others were asked with arguments that never reach the wire (`timeout`, `extra_body`).
    assert!(found * 10 >= ours.len() * 9, "{found} of {}", ours.len());
    let again = import("llama-stack", &exported.files);
    assert_eq!(again.warnings, Vec::<String>::new());
    same_sets(&again.sets, &imported.sets);
}

#[test]
fn our_own_recordings_go_to_llama_stack_and_back() {
    let sets = own_sets();
    let exported = export("llama-stack", &sets);
    let left_out = exported.warnings.len();
    assert!(left_out <= 3, "{:#?}", exported.warnings);
    let again = import("llama-stack", &exported.files);
    assert_eq!(again.warnings, Vec::<String>::new());
    let mut missing = 0;
    for ImportedSet { setup, set } in &sets {
        let there = again.sets.iter().find(|there| (&there.setup, &there.set.owner) == (setup, &set.owner));
        for exchange in &set.exchanges {
            let same = |there: &Exchange| {
                Key::of(&there.request) == Key::of(&exchange.request)
                    && answer_json(&there.response) == answer_json(&exchange.response)
            };
            missing += usize::from(!there.is_some_and(|there| there.set.exchanges.iter().any(same)));
        }
    }
    assert_eq!(missing, left_out);
}

#[test]
fn the_nearest_of_all_recordings_is_the_one_that_was_changed() {
    let Some(files) = corpus() else { return };
    let imported = (IMPORTERS[0].import)(&files);
    let sets: Vec<_> = imported.sets.iter().map(|one| &one.set).collect();
    let exchanges = sets.iter().flat_map(|set| &set.exchanges);
    let mut asked = 0;
    for exchange in exchanges.step_by(5) {
        let mut request = exchange.request.clone();
        let Ok(Value::Object(mut body)) = serde_json::from_slice(&request.body) else { continue };
        body.insert("brand_new".into(), Value::from(7));
        request.body = Value::Object(body).to_string().into();
        let call = MissedCall {
            request,
            owner: Owner::Session,
            step: None,
            setup: "x".into(),
            command: None,
            recorded: 0,
            given: [].into(),
            other_ids: None,
        };
        let miss = explain(&call, None, &sets, &|request| request);
        let nearest = miss.nearest.unwrap();
        let [difference] = nearest.differences.as_slice() else { panic!("{nearest:?}") };
        assert_eq!(difference.to_string(), "/brand_new is new: 7");
        asked += 1;
    }
    assert!(asked > 20, "{asked}");
}
