//! Clients, providers and recordings that mean harm, or are broken badly enough to do it.

use crate::raw::*;
use crate::world::*;
use stack_test::gateway::{Error, Gateway, LARGEST_ANSWER, MISS_STATUS};
use stack_test::model::InferenceMode;
use std::time::Duration;

const NOBODY: &str = "http://127.0.0.1:9/v1";

/// Nesting that overflows the stack of whoever recurses, at eight bytes a level: a test's thread has two megabytes.
const DEEP: usize = 300_000;

fn address(gateway: &Gateway) -> String {
    gateway.base_url("llm").replace("http://", "").replace("/llm/v1", "")
}

fn post(lines: &str) -> Vec<u8> {
    format!("POST /llm/v1/x HTTP/1.1\r\nhost: x\r\n{lines}\r\n").into_bytes()
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_go_on_is_not_waited_for() {
    let root = tempfile::tempdir().unwrap();
    let gateway = gateway(root.path(), InferenceMode::Replay, NOBODY).await;
    let (never, seldom) = (Duration::from_secs(100_000), Duration::from_secs(20));
    let stalled = raw_client(&address(&gateway), &[&post("content-length: 10\r\n"), b"abc"], never).await;
    assert!(stalled.starts_with("HTTP/1.1 400") && stalled.contains("x-stack-test: request"), "{stalled}");
    assert!(stalled.contains("did not go on for 30 seconds"), "{stalled}");
    let head = post("content-length: 1000\r\n");
    let drips: Vec<&[u8]> = std::iter::once(&head[..]).chain([&b"a"[..]; 30]).collect();
    let dripping = raw_client(&address(&gateway), &drips, seldom).await;
    assert!(dripping.contains("took more than 300 seconds"), "{dripping}");
    let half_a_head = raw_client(&address(&gateway), &[b"POST /llm/v1/x HTTP/1.1\r\nho"], never).await;
    assert_eq!(half_a_head, "", "it is hung up on");
}

#[tokio::test]
async fn a_request_that_can_be_read_in_two_ways_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let gateway = gateway(root.path(), InferenceMode::Replay, NOBODY).await;
    let long = format!("x-long: {}\r\n", "a".repeat(1_000_000));
    let many = "x-many: 1\r\n".repeat(1000);
    for (request, status) in [
        ("transfer-encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n", "400"),
        ("transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n0\r\n", "400"),
        ("transfer-encoding: gzip\r\n", "400"),
        ("transfer-encoding: chunked, identity\r\n", "400"),
        ("content-length: 1\r\ncontent-length: 2\r\n\r\nab", "400"),
        ("content-length: +1\r\n\r\na", "400"),
        ("content-length: 99999999999999999999\r\n", "400"),
        ("content-length: 999999999999\r\n", "413"),
        ("x-folded: a\r\n b\r\n", "400"),
        ("x-bare: a\rb\r\n", "400"),
        ("no colon\r\n", "400"),
        ("x-space : a\r\n", "400"),
        (&long, "431"),
        (&many, "431"),
    ] {
        let answer = raw_client(&address(&gateway), &[&post(request)], Duration::ZERO).await;
        let shown = &request[..request.len().min(60)];
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{shown:?}: {answer}");
    }
}

#[tokio::test]
async fn a_second_request_cannot_be_smuggled_to_the_provider() {
    let root = tempfile::tempdir().unwrap();
    let provider =
        raw_provider(vec![head("200 OK", &["content-length: 2"]), Step::Send(b"{}".to_vec())]).await;
    let live = gateway(root.path(), InferenceMode::Live, &provider.url).await;
    // For whoever goes by the length, the second request is the body of the first; for whoever goes by the chunks, one of
    // its own. The chunks count, nothing behind them is read, and the provider is sent a request that is framed anew.
    let smuggled = "GET /llm/evil HTTP/1.1\r\nhost: x\r\n\r\n";
    let body = format!("0\r\n\r\n{smuggled}");
    let lines = format!("content-length: {}\r\ntransfer-encoding: chunked\r\n", body.len());
    let request = [post(&lines), body.into_bytes()].concat();
    let answer = raw_client(&address(&live), &[&request], Duration::ZERO).await;
    assert!(answer.matches("HTTP/1.1").count() == 1 && answer.contains("connection: close"), "{answer}");
    let asked = provider.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(!asked[0].contains("evil") && !asked[0].contains("transfer-encoding"), "{asked:?}");
}

#[tokio::test]
async fn a_provider_that_sends_nonsense_gives_no_answer() {
    for nonsense in [
        b"HTTP/1.1 200 OK\r\n".iter().copied().chain(b"x-more: header\r\n".repeat(100_000)).collect(),
        [b"HTTP/1.1 200 OK\r\nx-long: ", &[b'a'; 2_000_000][..]].concat(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_vec(),
        b"HTTP/1.1 99999 OK\r\n\r\n".to_vec(),
    ] {
        let root = tempfile::tempdir().unwrap();
        let provider = raw_provider(vec![Step::Send(nonsense)]).await;
        let x = case("x");
        let recording = gateway(root.path(), InferenceMode::Record, &provider.url).await;
        recording.open(&x);
        let got = ask(&recording, &x, "{}").await;
        assert_eq!(got.status, 502, "{}", got.text());
    }
    // What comes behind the announced length is no part of the answer.
    let root = tempfile::tempdir().unwrap();
    let provider =
        raw_provider(vec![head("200 OK", &["content-length: 2"]), Step::Send(b"{}rest".to_vec())]).await;
    let got = ask(&gateway(root.path(), InferenceMode::Live, &provider.url).await, &case("x"), "{}").await;
    assert_eq!(got.text(), "{}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_passes_by_and_is_not_kept() {
    let root = tempfile::tempdir().unwrap();
    let x = case("x");
    let small = provider(|_, _| json("{\"n\":1}")).await;
    record(root.path(), &small.url, &x, &["{}"], true).await;
    let old = file(root.path(), "x");

    let endless = raw_provider(vec![
        head("200 OK", &["content-type: text/event-stream"]),
        Step::Forever(vec![b'a'; 1 << 20]),
    ])
    .await;
    let recording = gateway(root.path(), InferenceMode::Record, &endless.url).await;
    recording.open(&x);
    let mut live = chat(&recording, Some(&x), "{}").send().await.unwrap();
    let mut came = 0;
    while came < LARGEST_ANSWER + (1 << 20) {
        came += live.chunk().await.unwrap().unwrap().len();
    }
    // The recording is given up, so that nothing keeps the connection when the client leaves.
    drop(live);
    endless.gone.notified().await;
    recording.close(&x, true);
    let errors = recording.finish().await.errors;
    assert!(matches!(errors.as_slice(), [Error::TooLarge { .. }]), "{errors:?}");
    let said = errors[0].to_string();
    assert!(said.contains("`inference/chat::x` has more than 64 MiB"), "{said}");
    assert_eq!(file(root.path(), "x"), old);
}

#[tokio::test]
async fn json_of_any_depth_is_data() {
    let root = tempfile::tempdir().unwrap();
    let answer = json(&("[".repeat(DEEP) + &"]".repeat(DEEP)));
    let provider = raw_provider(vec![Step::Send(answer.into_bytes())]).await;
    let x = case("x");
    let (whole, cut) = ("{\"a\":".repeat(DEEP) + "1" + &"}".repeat(DEEP), "[".repeat(DEEP));
    record(root.path(), &provider.url, &x, &[&whole, &cut], true).await;
    let replaying = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
    replaying.open(&x);
    for body in [&whole, &cut] {
        assert_eq!(ask(&replaying, &x, body).await.text().len(), 2 * DEEP);
    }
    let other = ask(&replaying, &x, &("[".repeat(DEEP) + "7" + &"]".repeat(DEEP))).await;
    assert_eq!(other.status, MISS_STATUS);
}

#[tokio::test]
async fn a_recording_of_any_depth_is_data() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json("{\"n\":1}")).await;
    let x = case("x");
    record(root.path(), &provider.url, &x, &["{}"], true).await;
    let good = file(root.path(), "x");
    let path = root.path().join("tiny/inference/chat/x.json");
    let nested = "[".repeat(DEEP) + &"]".repeat(DEEP);
    // Where any JSON may stand, as deep as one likes; elsewhere it is no recording.
    std::fs::write(&path, good.replace("\"json\": {}", &format!("\"json\": {nested}"))).unwrap();
    let replaying = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
    replaying.open(&x);
    assert_eq!(ask(&replaying, &x, &nested).await.status, 200);
    for text in [
        nested.clone(),
        "[".repeat(DEEP),
        "{\"a\":".repeat(DEEP),
        good.replace("\"exchanges\": [", &format!("\"exchanges\": {}", "[".repeat(DEEP))),
        good.replace("\"status\": 200", &format!("\"status\": {nested}")),
        good.replace("\"case\":", &format!("\"what\": {nested}, \"case\":")),
    ] {
        std::fs::write(&path, text).unwrap();
        let mut config = config(root.path(), InferenceMode::Replay, &provider.url);
        config.cases = vec![x.clone()];
        assert!(matches!(started(config).await, Err(Error::Recordings(_))));
    }
}

#[tokio::test]
async fn a_recording_cannot_forge_how_its_answer_is_sent() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json("{\"n\":1}")).await;
    let x = case("x");
    record(root.path(), &provider.url, &x, &["{}"], true).await;
    let good = file(root.path(), "x");
    let path = root.path().join("tiny/inference/chat/x.json");
    let forged = r#"[["content-length", "1"], ["transfer-encoding", "chunked"], ["connection", "upgrade"], ["x-y", "a\r\nb: c"], ["a b", "c"], "#;
    std::fs::write(&path, good.replace("\"headers\": [", &format!("\"headers\": {forged}"))).unwrap();
    let replaying = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
    let got = ask(&replaying, &x, "{}").await;
    assert_eq!((got.status, got.text().as_str()), (200, "{\"n\":1}"));
    assert!(!got.headers.contains_key("b") && !got.headers.contains_key("transfer-encoding"));
    for (from, to, place) in [
        ("\"status\": 200", "\"status\": 100", "`100` is no status"),
        ("\"status\": 200", "\"status\": 70000", "`70000` is no status"),
        ("\"status\": 200", "\"status\": 200, \"pieces\": [[0, 3]]", "7 bytes in all"),
        ("\"status\": 200", "\"status\": 200, \"pieces\": [[0, 18446744073709551615], [0, 8]]", "`pieces`"),
        ("\"status\": 200", "\"status\": 200, \"pieces\": [[0, 7], [0, 0]]", "`pieces`"),
        ("\"status\": 200", "\"status\": 200, \"stream\": [], \"pieces\": []", "here are both"),
    ] {
        std::fs::write(&path, good.replace(from, to)).unwrap();
        let mut config = config(root.path(), InferenceMode::Replay, &provider.url);
        config.cases = vec![x.clone()];
        let error = started(config).await.err().unwrap().to_string();
        assert!(error.contains(place), "{to}: {error}");
    }
}
