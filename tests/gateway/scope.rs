//! Whose call it is.

use crate::world::*;
use futures_util::future::join_all;
use stack_test::gateway::{Gateway, GatewayConfig, MISS_STATUS};
use stack_test::model::{CaseId, Decided, InferenceMode};
use std::path::Path;

/// Answers each call with its number.
async fn counting() -> Provider {
    provider(|number, _| json(&format!("{{\"n\":{number}}}"))).await
}

/// A replaying gateway that knows of `cases`.
async fn replaying(root: &Path, cases: &[&CaseId], strict: bool) -> Gateway {
    let cases = cases.iter().map(|case| (*case).clone()).collect();
    let config = config(root, InferenceMode::Replay, "http://127.0.0.1:9/v1");
    started(GatewayConfig { cases, strict, ..config }).await.unwrap()
}

#[tokio::test]
async fn a_base_url_of_its_own_names_the_case() {
    let root = tempfile::tempdir().unwrap();
    let provider = counting().await;
    let (x, y) = (case("x"), case("größe[txt=a/b:c]"));
    record(root.path(), &provider.url, &x, &["{}"], true).await;
    record(root.path(), &provider.url, &y, &["{}"], true).await;
    let gateway = replaying(root.path(), &[&x, &y], false).await;
    gateway.open(&x);
    gateway.open(&y);
    let by_url = async |case| {
        let url = format!("{}/chat/completions", gateway.base_url_for("llm", case));
        send(client().post(url).body("{}")).await
    };
    assert_eq!(by_url(&y).await.text(), "{\"n\":1}");
    assert_eq!(by_url(&x).await.text(), "{\"n\":0}");
    assert_eq!(gateway.close(&y, true).decided, Some(Decided::BaseUrl));
    let wrong = gateway.base_url_for("llm", &x).replace("/@", "/@%21");
    let refused = send(client().post(format!("{wrong}/chat/completions")).body("{}")).await;
    assert_eq!((refused.status, &refused.headers["x-stack-test"]), (404, &"request".parse().unwrap()));
}

#[tokio::test]
async fn strict_takes_no_guess_between_different_answers() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|number, request| {
        let number = if request.ends_with("[2]") { 0 } else { number };
        json(&format!("{{\"n\":{number}}}"))
    })
    .await;
    let (x, y) = (case("x"), case("y"));
    record(root.path(), &provider.url, &x, &["[1]", "[2]"], true).await;
    record(root.path(), &provider.url, &y, &["[1]", "[2]"], true).await;
    for (strict, body, status) in [(false, "[1]", 200), (true, "[1]", MISS_STATUS), (true, "[2]", 200)] {
        let gateway = replaying(root.path(), &[&x, &y], strict).await;
        gateway.open(&x);
        gateway.open(&y);
        let got = send(chat(&gateway, None, body)).await;
        assert_eq!(got.status, status, "{strict} {body}");
        if status == MISS_STATUS {
            assert!(got.text().contains("inference/chat::x and inference/chat::y"), "{}", got.text());
        }
        for case in [&x, &y] {
            let misses = gateway.close(case, true).misses;
            assert_eq!(misses.len(), usize::from(status == MISS_STATUS), "it may be the call of either");
        }
    }
}

/// A worker that lives on names the case of the first request that it served in all its calls.
#[tokio::test]
async fn baggage_is_checked_against_the_content() {
    let root = tempfile::tempdir().unwrap();
    let provider = counting().await;
    let (first, x, y) = (case("first"), case("x"), case("y"));
    record(root.path(), &provider.url, &first, &["[0]", "[1]"], true).await;
    record(root.path(), &provider.url, &x, &["[1]", "[2]", "[5]"], true).await;
    record(root.path(), &provider.url, &y, &["[3]", "[2]"], true).await;
    let gateway = replaying(root.path(), &[&first, &x, &y], false).await;
    gateway.open(&first);
    gateway.open(&x);
    gateway.open(&y);
    let as_first = async |body| ask(&gateway, &first, body).await.text();
    assert_eq!(as_first("[1]").await, "{\"n\":1}", "what it knows is its own");
    assert_eq!(as_first("[3]").await, "{\"n\":5}", "only y knows it");
    assert!(as_first("[2]").await.contains("no recording answers"), "x and y both know it");
    assert!(as_first("[4]").await.contains("no recording answers"), "nobody knows it");
    assert_eq!(gateway.close(&first, true).misses.len(), 2);
    assert_eq!(as_first("[0]").await, "{\"n\":0}", "late, but its own");
    let of_y = gateway.close(&y, true);
    assert_eq!((of_y.decided, of_y.replayed, of_y.unused), (Some(Decided::Content), 1, 1));
    assert_eq!(of_y.notes, ["the baggage of a call named inference/chat::first; its content decided"]);
    assert_eq!(as_first("[1]").await, "{\"n\":2}", "first is over and has no answer left");
    assert_eq!(as_first("[5]").await, "{\"n\":4}");
    assert_eq!(gateway.close(&x, true).replayed, 2);
}

/// What several tests of another runner share is set up in the first of them.
#[tokio::test]
async fn in_the_middle_of_a_case_the_session_may_ask() {
    let root = tempfile::tempdir().unwrap();
    let provider = counting().await;
    let (x, y) = (case("x"), case("y"));
    for mode in [InferenceMode::Record, InferenceMode::Replay] {
        let gateway = gateway(root.path(), mode, &provider.url).await;
        gateway.open(&x);
        let marked = chat(&gateway, None, "[1]").header("baggage", "stack-test.session=1");
        assert_eq!(send(marked).await.text(), "{\"n\":0}");
        gateway.pause(&x);
        assert_eq!(send(chat(&gateway, None, "[2]")).await.text(), "{\"n\":1}");
        gateway.resume(&x);
        assert_eq!(send(chat(&gateway, None, "[3]")).await.text(), "{\"n\":2}");
        let own = gateway.close(&x, true);
        assert_eq!((own.recorded + own.replayed, own.misses.len()), (1, 0));
        let session = gateway.finish().await.session;
        assert_eq!((session.recorded + session.replayed, session.misses.len()), (2, 0));
    }
    // Another case that runs meanwhile is not the only one that may ask.
    let gateway = gateway(root.path(), InferenceMode::Record, &provider.url).await;
    gateway.open(&x);
    gateway.open(&y);
    gateway.pause(&x);
    send(chat(&gateway, None, "[4]")).await;
    gateway.close(&x, false);
    send(chat(&gateway, None, "[5]")).await;
    assert_eq!(gateway.close(&y, true).recorded, 1);
}

#[tokio::test]
async fn side_by_side_and_in_any_order_each_case_is_answered_the_same() {
    let root = tempfile::tempdir().unwrap();
    let provider = counting().await;
    let cases: Vec<CaseId> = (0..12).map(|number| case(&format!("case{number}"))).collect();
    let bodies = ["[1]", "[2]", "[1]"];
    for case in &cases {
        record(root.path(), &provider.url, case, &bodies, true).await;
    }
    let run = async |gateway: &Gateway, case: &CaseId| {
        gateway.open(case);
        let mut texts = Vec::new();
        for body in bodies {
            texts.push(ask(gateway, case, body).await.text());
        }
        let traffic = gateway.close(case, true);
        assert_eq!((traffic.replayed, traffic.unused, traffic.misses.len()), (3, 0, 0), "{case}");
        texts
    };
    let gateway = replaying(root.path(), &cases.iter().collect::<Vec<_>>(), true).await;
    let mut in_order = Vec::new();
    for case in &cases {
        in_order.push(run(&gateway, case).await);
    }
    let shuffled: Vec<usize> = (0..cases.len()).map(|place| (place * 5 + 3) % cases.len()).collect();
    let side_by_side = join_all(shuffled.iter().map(|place| run(&gateway, &cases[*place]))).await;
    for (place, texts) in shuffled.iter().zip(side_by_side) {
        assert_eq!(texts, in_order[*place]);
    }
}
