//! What comes back, and to whom.

use crate::world::*;
use stack_test::gateway::{Gateway, MISS_STATUS, NOTE};
use stack_test::model::{Decided, InferenceMode, MissClass};
use stack_test::wire::trace::baggage;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn what_was_recorded_is_replayed_and_nobody_is_asked() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json(r#"{"object":"chat.completion","n":1.50,"a":"\u00e9"}"#)).await;
    let x = case("x");
    let traffic = record(root.path(), &provider.url, &x, &[r#"{"model":"m","n":1}"#], true).await;
    assert_eq!((traffic.recorded, traffic.decided), (1, Some(Decided::Baggage)));
    assert_eq!(provider.connections.load(Ordering::SeqCst), 1);

    let gateway = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
    gateway.open(&x);
    let got = ask(&gateway, &x, r#"{"n":1.0, "model":"m"}"#).await;
    assert_eq!(
        (got.status, got.text().as_str()),
        (200, r#"{"object":"chat.completion","n":1.50,"a":"\u00e9"}"#)
    );
    assert_eq!(got.headers["content-type"], "application/json");
    assert!(!got.headers.contains_key("x-request-id"));

    let again = ask(&gateway, &x, r#"{"n":1,"model":"m"}"#).await;
    assert_eq!((again.status, &again.headers[NOTE]), (MISS_STATUS, &"miss".parse().unwrap()));
    let other = ask(&gateway, &x, r#"{"n":2,"model":"m"}"#).await;
    assert_eq!(other.headers["x-should-retry"], "false");
    let told: serde_json::Value = serde_json::from_str(&other.text()).unwrap();
    let (error, nearest) = (&told["error"], &told["error"]["nearest"]);
    assert_eq!((&error["code"], &error["class"]), (&"miss".into(), &"parameter changed".into()));
    assert_eq!(error["param"], "/n");
    assert_eq!(nearest["differences"][0], serde_json::json!({"at": "/n", "recorded": "1", "now": "2"}));
    let traffic = gateway.close(&x, true);
    assert_eq!((traffic.replayed, traffic.unused, traffic.misses.len()), (1, 0, 2));
    assert!(traffic.misses[0].class == MissClass::OneTooMany, "{:?}", traffic.misses[0]);
    assert!(traffic.misses[1].one_line().contains("stack-test record"), "{:?}", traffic.misses[1]);
    gateway.finish().await;
    assert_eq!(provider.connections.load(Ordering::SeqCst), 1, "replay connected to the provider");
}

#[tokio::test]
async fn a_stream_comes_back_in_its_pieces_and_its_first_piece_is_not_held_back() {
    let root = tempfile::tempdir().unwrap();
    let pieces = [
        "data: {\"id\": \"",
        "chatcmpl-1\", \"n\": 1}\n\ndata: [\"two\"]\n\n",
        ": note\r\n\r\n",
        "data: [DONE]\n\n",
    ];
    let provider = provider(|_, _| {
        stream(
            &[
                "data: {\"id\": \"",
                "chatcmpl-1\", \"n\": 1}\n\ndata: [\"two\"]\n\n",
                ": note\r\n\r\n",
                "data: [DONE]\n\n",
            ],
            "|",
            "0\r\n\r\n",
        )
    })
    .await;
    let x = case("x");
    let recording = gateway(root.path(), InferenceMode::Record, &provider.url).await;
    recording.open(&x);
    let mut live = chat(&recording, Some(&x), "{}").send().await.unwrap();
    for piece in pieces {
        // The provider sends the next piece only when it is let: had the gateway waited for it, this would hang.
        assert_eq!(live.chunk().await.unwrap().unwrap(), piece);
        provider.gate.add_permits(1);
    }
    assert!(live.chunk().await.unwrap().is_none());
    recording.close(&x, true);
    recording.finish().await;

    let replaying = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
    let replayed = ask(&replaying, &x, "{}").await;
    assert_eq!(replayed.pieces.len(), pieces.len());
    let id = replayed.text().split('"').nth(3).unwrap().to_owned();
    assert!(id.starts_with("chatcmpl-") && id != "chatcmpl-1", "{id}");
    assert_eq!(replayed.text().replace(&id, "chatcmpl-1"), pieces.concat());
    assert!(file(root.path(), "x").contains("{\"data\": [\"two\"]}"), "{}", file(root.path(), "x"));
}

#[tokio::test]
async fn equal_calls_are_answered_in_their_order_and_each_case_from_its_own_set() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|number, _| json(&format!("{{\"n\":{number}}}"))).await;
    let (x, y) = (case("x"), case("y"));
    record(root.path(), &provider.url, &x, &["{}", "{}"], true).await;
    record(root.path(), &provider.url, &y, &["{}"], true).await;

    let gateway = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
    gateway.open(&x);
    gateway.open(&y);
    assert_eq!(ask(&gateway, &y, "{}").await.text(), "{\"n\":2}");
    assert_eq!(ask(&gateway, &x, "{}").await.text(), "{\"n\":0}");
    assert_eq!(ask(&gateway, &x, "{}").await.text(), "{\"n\":1}");
    gateway.open(&x);
    assert_eq!(ask(&gateway, &x, "{}").await.text(), "{\"n\":0}", "another attempt begins anew");
    assert_eq!(gateway.close(&x, true).unused, 1);
}

#[tokio::test]
async fn a_call_that_names_no_case_is_attributed_by_what_runs_and_by_content() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|number, _| json(&format!("{{\"n\":{number}}}"))).await;
    let (x, y) = (case("x"), case("y"));
    record(root.path(), &provider.url, &x, &["[1]"], true).await;
    record(root.path(), &provider.url, &y, &["[1]", "[2]"], true).await;
    let gateway = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
    gateway.open(&x);
    assert_eq!(send(chat(&gateway, None, "[1]")).await.text(), "{\"n\":0}");
    gateway.open(&y);
    assert_eq!(send(chat(&gateway, None, "[2]")).await.text(), "{\"n\":2}");
    assert_eq!(send(chat(&gateway, None, "[1]")).await.text(), "{\"n\":1}", "x has no answer left");
    let by_header = chat(&gateway, None, "[1]")
        .header("x-llamastack-provider-data", format!("{{\"__test_id\":\"{x}\"}}"));
    assert_eq!(send(by_header).await.status, MISS_STATUS);
    assert_eq!(gateway.close(&x, true).decided, Some(Decided::OnlyOneInFlight));
    assert_eq!(gateway.close(&y, true).decided, Some(Decided::Content));
    assert_eq!(send(chat(&gateway, None, "[3]")).await.status, MISS_STATUS);
    assert_eq!(gateway.finish().await.session.misses.len(), 1);
}

#[tokio::test]
async fn calls_outside_cases_are_kept_once_and_answered_as_often_as_they_come() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json(r#"{"data":[{"id":"tiny-chat","created":5}]}"#)).await;
    let recording = gateway(root.path(), InferenceMode::Record, &provider.url).await;
    let models = |gateway: &Gateway| client().get(format!("{}/models", gateway.base_url("llm")));
    let first = case("first");
    recording.open(&first);
    send(models(&recording).header("baggage", baggage(&first))).await;
    send(models(&recording)).await;
    assert_eq!(recording.close(&first, true).recorded, 0);
    assert_eq!(recording.finish().await.session.recorded, 2);
    let session = std::fs::read_to_string(root.path().join("tiny/_session.json")).unwrap();
    assert_eq!(session.matches("tiny-chat").count(), 1, "{session}");
    let replaying = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
    for _ in 0..3 {
        assert_eq!(send(models(&replaying)).await.text(), r#"{"data":[{"id":"tiny-chat","created":0}]}"#);
    }
    // A case may be the first to ask, when a cache ran out.
    let x = case("x");
    replaying.open(&x);
    assert_eq!(send(models(&replaying).header("baggage", baggage(&x))).await.status, 200);
}
