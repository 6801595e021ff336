//! Real answers of real providers: the recordings of Llama Stack, imported and replayed.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a test may")]

use futures_util::{StreamExt, stream};
use serde_json::Value;
use stack_test::gateway::{Gateway, GatewayConfig, Store, Upstream, start};
use stack_test::model::InferenceMode;
use stack_test::recording::{IMPORTERS, ImportedSet, MissedCall, Owner, SourceFile, explain};
use stack_test::wire::dialect::for_provider;
use stack_test::wire::message::{Body, Exchange};
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
            recorded: 0,
            given: [].into(),
        };
        let miss = explain(&call, None, &sets, &|request| request);
        let nearest = miss.nearest.unwrap();
        let [difference] = nearest.differences.as_slice() else { panic!("{nearest:?}") };
        assert_eq!(difference.to_string(), "/brand_new is new: 7");
        asked += 1;
    }
    assert!(asked > 20, "{asked}");
}
