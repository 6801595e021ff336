//! Clients that people use, each a process that knows of the gateway by its variables only. `tests/mitm/run` installs them.

use crate::sigv4::signing;
use crate::world::*;
use stack_test::gateway::{Gateway, GatewayConfig};
use stack_test::model::{CaseId, InferenceMode};
use stack_test::wire::trace::baggage;
use std::path::{Path, PathBuf};
use tokio::process::Command;

const JSON: &str = "{\"object\":\"chat.completion\", \"n\":1.50,\"a\":\"\\u00e9\"}";
const EVENTS: [&str; 3] = [": hello\r\n\r\n", "event: delta\r\ndata: {\"n\":1}\r\n\r\n", "data: [DONE]\n\n"];
const BODIES: [&str; 2] = [r#"{"model":"m"}"#, r#"{"model":"m","stream":true}"#];

fn script(request: &str) -> String {
    if request.contains("\"stream\"") { stream(&EVENTS) } else { json(JSON) }
}

/// An address of this machine that is no exception for any client.
const HERE: &str = "127.0.0.2";
/// A name that nobody has.
const NAMED: &str = "api.fake.invalid";

/// Where the clients are.
fn folder() -> PathBuf {
    PathBuf::from(std::env::var_os("STACK_TEST_MITM_CLIENTS").expect("run tests/mitm/run"))
}

/// The clients: a name, and a command to which URL, body and baggage are added.
fn clients(folder: &Path) -> Vec<(&'static str, Vec<String>)> {
    let path = |name: &str| folder.join(name).display().to_string();
    let python = path("venv/bin/python");
    vec![
        ("httpx", vec![python.clone(), path("with_httpx.py")]),
        ("requests", vec![python, path("with_requests.py")]),
        ("Node of this machine", vec!["node".into(), path("with_fetch.mjs")]),
        ("Node 24", vec![path("node_modules/node/bin/node"), path("with_fetch.mjs")]),
        ("curl", vec!["curl".into()]),
    ]
}

async fn ask(command: &[String], env: &[(String, String)], url: &str, body: &str, case: &CaseId) -> String {
    let baggage = baggage(case);
    let mut child = Command::new(&command[0]);
    child.args(&command[1..]).envs(env.iter().cloned());
    if command[0] == "curl" {
        child.args(["-sS", "--fail", "-H", "content-type: application/json", "-H"]);
        child.args([&format!("baggage: {baggage}"), "--data-binary", body, url]);
    } else {
        child.args([url, body, &baggage]);
    }
    let ended = child.output().await.unwrap();
    let (said, complained) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{command:?} {url}: {said}\n{complained}");
    said.into_owned()
}

/// The variables of a client, with the files that they name.
fn variables(gateway: &Gateway, folder: &Path) -> Vec<(String, String)> {
    let file = folder.join("ca.pem");
    std::fs::write(&file, gateway.ca_pem().unwrap()).unwrap();
    gateway.proxy_env(&file, &file, "")
}

fn config_of(root: &Path, mode: InferenceMode, provider: &Provider) -> GatewayConfig {
    let mut config = config(root, mode, provider);
    config.providers[0].hosts = vec![HERE.into(), NAMED.into()];
    config
}

#[tokio::test]
#[ignore = "needs clients from PyPI and npm: tests/mitm/run"]
async fn every_client_records_and_replays() {
    let folder = folder();
    let root = tempfile::tempdir().unwrap();
    let provider = provider_at(HERE, script).await;
    let recorder = started(config_of(root.path(), InferenceMode::Record, &provider)).await;
    let env = variables(&recorder, root.path());
    let url = format!("https://{HERE}:{}/v1/chat/completions", provider.port);
    for (name, command) in clients(&folder) {
        let case = case(name);
        recorder.open(&case);
        assert_eq!(ask(&command, &env, &url, BODIES[0], &case).await, JSON, "{name}");
        assert_eq!(ask(&command, &env, &url, BODIES[1], &case).await, EVENTS.concat(), "{name}");
        assert_eq!(recorder.close(&case, true).recorded, 2, "{name}");
        println!("recorded: {name}");
    }
    let finished = recorder.finish().await;
    assert!(finished.errors.is_empty(), "{:?}", finished.errors);
    let connections = provider.connections();

    let replayer = started(config_of(root.path(), InferenceMode::Replay, &provider)).await;
    let env = variables(&replayer, root.path());
    let url = format!("https://{NAMED}/v1/chat/completions");
    for (name, command) in clients(&folder) {
        let case = case(name);
        replayer.open(&case);
        assert_eq!(ask(&command, &env, &url, BODIES[1], &case).await, EVENTS.concat(), "{name}");
        assert_eq!(ask(&command, &env, &url, BODIES[0], &case).await, JSON, "{name}");
        assert_eq!(replayer.close(&case, true).replayed, 2, "{name}");
        println!("replayed: {name}");
    }
    assert!(replayer.finish().await.errors.is_empty());
    assert_eq!(provider.connections(), connections);
}

#[tokio::test]
#[ignore = "needs clients from PyPI and npm: tests/mitm/run"]
async fn the_sdk_of_aws_is_signed_again() {
    let folder = folder();
    let root = tempfile::tempdir().unwrap();
    let provider = provider(crate::sigv4::script).await;
    let mut config = config(root.path(), InferenceMode::Live, &provider);
    config.providers[0].sigv4 = Some(signing());
    let gateway = started(config).await;
    let url = gateway.base_url("llm").trim_end_matches("/v1").to_owned();
    let ended = Command::new(folder.join("venv/bin/python"))
        .args([folder.join("with_botocore.py").display().to_string(), url])
        .output()
        .await
        .unwrap();
    let (said, complained) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert_eq!(said.trim(), "signed", "{complained}");
}
