//! What is declared not to count.

use crate::world::*;
use stack_test::gateway::{Gateway, GatewayConfig, MISS_STATUS};
use stack_test::model::{CaseId, InferenceMode, Insignificant, MatchRule};
use stack_test::recording::{RuleBook, Rules};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

fn ignore(place: &str) -> MatchRule {
    MatchRule { what: Insignificant::Place { place: place.into(), value: None }, provider: None }
}

fn mask(pattern: &str) -> MatchRule {
    let what = Insignificant::Text { pattern: pattern.into(), name: "date".into() };
    MatchRule { what, provider: Some("llm".into()) }
}

async fn with_rules(root: &Path, mode: InferenceMode, url: &str, rules: RuleBook) -> Gateway {
    started(GatewayConfig { rules: Arc::new(rules), ..config(root, mode, url) }).await.unwrap()
}

fn everywhere(rules: &[MatchRule]) -> RuleBook {
    RuleBook::new(Rules::new(rules).unwrap(), HashMap::new())
}

#[tokio::test]
async fn a_rule_finds_what_was_recorded_without_it_and_changes_no_file() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json("{\"n\":1}")).await;
    let x = case("x");
    record(root.path(), &provider.url, &x, &[r#"{"day":"on 2024-08-06","meta":{"a":{"t":1}}}"#], true).await;
    let recorded = file(root.path(), "x");
    let rules = || everywhere(&[ignore("/meta/*/t"), mask(r"\d{4}-\d\d-\d\d")]);
    let later = r#"{"day":"on 2025-01-01","meta":{"a":{}}}"#;
    for (rules, body, status) in [
        (everywhere(&[]), later, MISS_STATUS),
        (rules(), later, 200),
        (rules(), r#"{"day":"on 2025-01-01","meta":{"b":{}}}"#, MISS_STATUS),
        (everywhere(&[ignore("/meta"), mask(r"\d{4}-\d\d-\d\d")]), r#"{"day":"on 2025-01-01"}"#, 200),
    ] {
        let gateway = with_rules(root.path(), InferenceMode::Replay, &provider.url, rules).await;
        gateway.open(&x);
        assert_eq!(ask(&gateway, &x, body).await.status, status, "{body}");
    }
    let recording = with_rules(root.path(), InferenceMode::Record, &provider.url, rules()).await;
    recording.open(&x);
    ask(&recording, &x, later).await;
    recording.close(&x, true);
    recording.finish().await;
    assert_eq!(file(root.path(), "x"), recorded);
}

#[tokio::test]
async fn the_rules_of_a_suite_are_for_its_cases() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json("{\"n\":1}")).await;
    let (x, other) = (case("x"), CaseId::new("other", "x"));
    for case in [&x, &other] {
        record(root.path(), &provider.url, case, &[r#"{"t":1}"#], true).await;
    }
    let of_suite = HashMap::from([("other".to_owned(), Rules::new(&[ignore("/t")]).unwrap())]);
    let rules = RuleBook::new(Rules::default(), of_suite);
    let gateway = with_rules(root.path(), InferenceMode::Replay, &provider.url, rules).await;
    gateway.open(&x);
    assert_eq!(ask(&gateway, &x, r#"{"t":2}"#).await.status, MISS_STATUS);
    gateway.open(&other);
    // Nobody says whose call it is: only one of them is asked that way by its own rules.
    assert_eq!(send(chat(&gateway, None, r#"{"t":2}"#)).await.status, 200);
    assert_eq!(gateway.close(&other, true).replayed, 1);
}
