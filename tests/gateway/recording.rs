//! What is kept, and what is not.

use crate::world::*;
use stack_test::gateway::{Gateway, MISS_STATUS};
use stack_test::model::InferenceMode;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn recording_an_unchanged_provider_again_changes_no_byte() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|number, _| {
        let event = |text: &str| {
            format!(
                "data: {{\"id\": \"chatcmpl-{number}\", \"created\": 17{number}, \"t\": \"{text}\"}}\r\n\r\n"
            )
        };
        let (one, two) = (event("a"), event("b"));
        // In other pieces each time.
        if number % 2 == 0 {
            stream(&[&one, &two], "", "0\r\n\r\n")
        } else {
            stream(&[&(one + &two)], "", "0\r\n\r\n")
        }
    })
    .await;
    let x = case("x");
    record(root.path(), &provider.url, &x, &["[1]", "[2]"], true).await;
    let first = file(root.path(), "x");
    assert!(
        first.contains("\"created\": 0, \"t\": \"a\"}, \"style\": \"spaced\", \"eol\": \"crlf\"}"),
        "{first}"
    );
    record(root.path(), &provider.url, &x, &["[2]", "[1]"], true).await;
    assert_eq!(file(root.path(), "x"), first);
    record(root.path(), &provider.url, &x, &["[2]"], true).await;
    assert!(!file(root.path(), "x").contains("[1]"), "the set is replaced whole");
}

#[tokio::test]
async fn a_second_turn_that_quotes_a_fresh_id_is_found_again() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|number, _| {
        json(&format!(r#"{{"choices":[{{"message":{{"tool_calls":[{{"id":"call_fresh-{number}"}}]}}}}]}}"#))
    })
    .await;
    let x = case("x");
    let quote = |text: &str| format!("{{\"tool_call_id\":\"{}\"}}", text.split('"').nth(9).unwrap());
    let two_turns = async |gateway: &Gateway| {
        gateway.open(&x);
        let first = ask(gateway, &x, "{}").await;
        let second = ask(gateway, &x, &quote(&first.text())).await;
        assert_eq!(second.status, 200, "{}", second.text());
        gateway.close(&x, true);
    };
    two_turns(&gateway(root.path(), InferenceMode::Record, &provider.url).await).await;
    let recorded = file(root.path(), "x");
    assert!(!recorded.contains("fresh"), "{recorded}");
    two_turns(&gateway(root.path(), InferenceMode::Replay, &provider.url).await).await;
    two_turns(&gateway(root.path(), InferenceMode::Record, &provider.url).await).await;
    assert_eq!(file(root.path(), "x"), recorded);
}

#[tokio::test]
async fn an_unsuccessful_case_leaves_its_old_set() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|number, _| json(&format!("{{\"n\":{number}}}"))).await;
    let x = case("x");
    record(root.path(), &provider.url, &x, &["{}"], true).await;
    let old = file(root.path(), "x");
    let traffic = record(root.path(), &provider.url, &x, &["{}"], false).await;
    assert_eq!((traffic.recorded, traffic.live), (0, 1));
    assert_eq!(file(root.path(), "x"), old);
}

#[tokio::test]
async fn record_if_missing_records_only_cases_without_a_set() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|number, _| json(&format!("{{\"n\":{number}}}"))).await;
    let (x, y) = (case("x"), case("y"));
    record(root.path(), &provider.url, &x, &["{}"], true).await;
    let gateway = gateway(root.path(), InferenceMode::RecordIfMissing, &provider.url).await;
    for (case, body, status) in [(&x, "{}", 200), (&x, "[]", MISS_STATUS), (&y, "{}", 200)] {
        gateway.open(case);
        assert_eq!(ask(&gateway, case, body).await.status, status);
        gateway.close(case, true);
    }
    assert_eq!(provider.connections.load(Ordering::SeqCst), 2);
    assert!(file(root.path(), "y").contains("\"n\": 1"));
}

#[tokio::test]
async fn no_secret_reaches_the_disk_and_masks_do_not_spoil_the_match() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, request| {
        assert!(request.contains("sk-very-secret") && !request.contains("baggage"));
        json(r#"{"echo":"your key sk-very-secret is fine"}"#)
    })
    .await;
    let x = case("x");
    let body = r#"{"prompt":"my key is sk-very-secret"}"#;
    let recording = gateway(root.path(), InferenceMode::Record, &provider.url).await;
    recording.open(&x);
    let with_key = chat(&recording, Some(&x), body).header("authorization", "Bearer sk-very-secret");
    assert!(send(with_key).await.text().contains("sk-very-secret"), "the live client sees what is");
    recording.close(&x, true);
    recording.finish().await;
    let text = file(root.path(), "x");
    assert!(text.contains("***LLM_KEY***") && !text.contains("sk-very"), "{text}");
    let replaying = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
    assert_eq!(ask(&replaying, &x, body).await.text(), r#"{"echo":"your key ***LLM_KEY*** is fine"}"#);
    let miss = ask(&replaying, &x, r#"{"prompt":"other sk-very-secret"}"#).await;
    assert!(!miss.text().contains("sk-very"), "{}", miss.text());
}

#[tokio::test]
async fn a_large_body_is_kept_apart_and_comes_back() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json(&format!("{{\"big\":\"{}\"}}", "x".repeat(70_000)))).await;
    let (x, y) = (case("x"), case("y"));
    record(root.path(), &provider.url, &x, &["{}"], true).await;
    record(root.path(), &provider.url, &y, &["{}"], true).await;
    assert!(file(root.path(), "x").len() < 1000);
    assert_eq!(std::fs::read_dir(root.path().join("tiny/_bodies")).unwrap().count(), 1);
    let replaying = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
    assert_eq!(ask(&replaying, &x, "{}").await.text().len(), 70_010);
}

#[tokio::test]
async fn live_passes_through_and_keeps_nothing() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json("{\"n\":1}")).await;
    let x = case("x");
    let live = gateway(root.path(), InferenceMode::Live, &provider.url).await;
    live.open(&x);
    let got = ask(&live, &x, "{}").await;
    assert_eq!((got.status, got.headers["x-request-id"].to_str().unwrap()), (200, "7"));
    assert_eq!(live.close(&x, true).live, 1);
    live.finish().await;
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}
