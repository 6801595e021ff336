//! Ids that the stack mints anew in every run.

use crate::world::*;
use stack_test::gateway::{Gateway, MISS_STATUS};
use stack_test::model::{CaseId, InferenceMode};
use std::path::Path;

/// A case as its client and its stack make it: files are uploaded, the stack mints an id for each, and prompts quote them.
struct Play<'a> {
    gateway: &'a Gateway,
    case: &'a CaseId,
}

impl<'a> Play<'a> {
    fn begin(gateway: &'a Gateway, case: &'a CaseId) -> Self {
        gateway.open(case);
        Self { gateway, case }
    }

    /// The client uploads something, and is told the id.
    fn upload(&self, id: &str) {
        self.gateway.sent(self.case, b"{\"name\":\"notes\"}");
        self.gateway.received(self.case, format!("{{\"id\":\"{id}\",\"object\":\"file\"}}").as_bytes());
    }

    /// The client asks, and the stack asks the provider for it.
    async fn ask(&self, asked: &str, prompt: &str) -> Got {
        self.gateway.sent(self.case, asked.as_bytes());
        let got = ask(self.gateway, self.case, prompt).await;
        self.gateway.received(self.case, got.text().as_bytes());
        got
    }
}

/// A provider that cites the first word of the prompt that is a file.
async fn citing() -> Provider {
    provider(|number, request| {
        let id = request.split("file-").nth(1).map_or("none", |rest| &rest[..8]);
        json(&format!("{{\"id\":\"chatcmpl-abcdef{number:02}\",\"text\":\"as in file-{id}\"}}"))
    })
    .await
}

async fn in_mode(root: &Path, mode: InferenceMode, url: &str) -> Gateway {
    gateway(root, mode, url).await
}

#[tokio::test]
async fn a_prompt_with_a_fresh_id_is_found_again_and_cited_by_the_id_of_the_day() {
    let root = tempfile::tempdir().unwrap();
    let provider = citing().await;
    let x = case("x");
    let run = async |mode, ids: [&str; 2]| {
        let gateway = in_mode(root.path(), mode, &provider.url).await;
        let play = Play::begin(&gateway, &x);
        ids.iter().for_each(|id| play.upload(id));
        let mut texts = Vec::new();
        for id in ids {
            let got = play.ask("what is in it?", &format!("[\"look at\\n{id} and file-constant9\"]")).await;
            assert_eq!(got.status, 200, "{}", got.text());
            texts.push(got.text());
        }
        assert!(texts[0].contains(ids[0]) && texts[1].contains(ids[1]), "{texts:?}");
        let unused = gateway.close(&x, true).unused;
        gateway.finish().await;
        assert_eq!(unused, 0);
        file(root.path(), "x")
    };
    let recorded = run(InferenceMode::Record, ["file-8f3a1b2c", "file-00c0ffee"]).await;
    assert!(
        recorded.contains("file-stacktest0000001") && recorded.contains("file-stacktest0000002"),
        "{recorded}"
    );
    assert!(!recorded.contains("8f3a1b2c"), "{recorded}");
    run(InferenceMode::Replay, ["file-deadbee1", "file-deadbee2"]).await;
    assert_eq!(run(InferenceMode::Record, ["file-0badf00d", "file-1badf00d"]).await, recorded);
}

#[tokio::test]
async fn the_wrong_id_is_another_question() {
    let root = tempfile::tempdir().unwrap();
    let provider = citing().await;
    let x = case("x");
    let ask_for = async |mode, uploaded: [&str; 2], said: &str, quoted: &str| {
        let gateway = in_mode(root.path(), mode, &provider.url).await;
        let play = Play::begin(&gateway, &x);
        uploaded.iter().for_each(|id| play.upload(id));
        let got = play.ask(said, &format!("[\"{quoted}\"]")).await;
        for miss in gateway.close(&x, true).misses {
            let same_kind = !quoted.starts_with("call_");
            assert_eq!(miss.explanation.contains("with other ids: recorded `file-"), same_kind, "{miss:?}");
        }
        gateway.finish().await;
        got.status
    };
    let (record, replay) = (InferenceMode::Record, InferenceMode::Replay);
    assert_eq!(ask_for(record, ["file-aaaa0001", "file-aaaa0002"], "", "file-aaaa0001").await, 200);
    let fresh = ["file-bbbb0001", "file-bbbb0002"];
    assert_eq!(ask_for(replay, fresh, "", fresh[0]).await, 200);
    assert_eq!(ask_for(replay, fresh, "", fresh[1]).await, MISS_STATUS, "two ids are swapped");
    assert_eq!(
        ask_for(replay, fresh, "see file-cccc0001", "file-cccc0001").await,
        MISS_STATUS,
        "the suite's word"
    );
    assert_eq!(ask_for(replay, fresh, "", "call_bbbb0001").await, MISS_STATUS, "of another kind");
    // What the suite says is the same in every run, and so is what it asks.
    assert_eq!(ask_for(record, fresh, "see file-cccc0001", "file-cccc0001").await, 200);
    assert!(file(root.path(), "x").contains("file-cccc0001"));
    assert_eq!(ask_for(replay, fresh, "see file-cccc0001", "file-cccc0001").await, 200);
    assert_eq!(ask_for(replay, fresh, "see file-cccc0002", "file-cccc0002").await, MISS_STATUS);
    assert_eq!(ask_for(replay, fresh, "", fresh[0]).await, MISS_STATUS);
}

#[tokio::test]
async fn ids_that_no_client_hears_of_are_told_apart_by_what_is_said_of_them() {
    let root = tempfile::tempdir().unwrap();
    let provider = citing().await;
    let x = case("x");
    let run = async |mode, first: &str, second: &str| {
        let gateway = in_mode(root.path(), mode, &provider.url).await;
        let play = Play::begin(&gateway, &x);
        let mut statuses = Vec::new();
        for prompt in [
            format!("[\"make {first}\"]"),
            format!("[\"make {second}\"]"),
            format!("[\"{first}\",\"{second}\"]"),
        ] {
            statuses.push(play.ask("", &prompt).await.status);
        }
        gateway.close(&x, true);
        gateway.finish().await;
        statuses
    };
    let uuids = ["3e8f1a2b-0c1d-4e5f-8a9b-0123456789ab", "4e8f1a2b-0c1d-4e5f-8a9b-0123456789ab"];
    assert_eq!(run(InferenceMode::Record, uuids[0], uuids[1]).await, [200; 3]);
    let recorded = file(root.path(), "x");
    assert!(recorded.contains("57ac7e57-0000-4000-8001-000000000002"), "{recorded}");
    assert_eq!(run(InferenceMode::Replay, uuids[1], uuids[0]).await, [200; 3]);
    assert_eq!(run(InferenceMode::Replay, uuids[0], uuids[0]).await, [200, MISS_STATUS, MISS_STATUS]);
    run(InferenceMode::Record, uuids[1], uuids[0]).await;
    assert_eq!(file(root.path(), "x"), recorded);
}

/// Which of two calls at the same time comes first is chance; what the client was told is not.
#[tokio::test]
async fn calls_that_overlap_are_recorded_in_the_same_way_whichever_comes_first() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|number, request| {
        let id = request.split("file-").nth(1).map_or("none", |rest| &rest[..8]);
        let length = if id.ends_with('1') { "one" } else { "two" };
        json(&format!("{{\"id\":\"chatcmpl-abcdef{number:02}\",\"text\":\"{length}\"}}"))
            .replace("\r\n\r\n", "\r\n\r\n|")
    })
    .await;
    let x = case("x");
    let run = async |ids: [&str; 2], order: [usize; 2]| {
        let gateway = gateway(root.path(), InferenceMode::Record, &provider.url).await;
        let play = Play::begin(&gateway, &x);
        ids.iter().for_each(|id| play.upload(id));
        let calls = order.map(|which| chat(&gateway, Some(&x), &format!("[\"{}\"]", ids[which])));
        let [one, other] = calls;
        // The head of an answer has come when the call is known to the gateway.
        let (one, other) = (one.send().await.unwrap(), other.send().await.unwrap());
        provider.gate.add_permits(2);
        let (one, other) = tokio::join!(one.text(), other.text());
        assert!(one.is_ok() && other.is_ok());
        gateway.close(&x, true);
        gateway.finish().await;
        file(root.path(), "x")
    };
    let recorded = run(["file-aaaa0001", "file-aaaa0002"], [0, 1]).await;
    std::fs::remove_file(root.path().join("tiny/inference/chat/x.json")).unwrap();
    assert_eq!(run(["file-bbbb0001", "file-bbbb0002"], [1, 0]).await, recorded);
}

#[tokio::test]
async fn what_a_provider_mints_is_not_taken_for_the_stacks() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|number, _| {
        json(&format!(
            r#"{{"id":"chatcmpl-abcdef{number:02}","choices":[{{"message":{{"tool_calls":[{{"id":"call_fresh-{number}"}},{{"id":"call_{number:08}"}}]}}}}]}}"#
        ))
    })
    .await;
    let x = case("x");
    let run = async |mode, minted: &str| {
        let gateway = gateway(root.path(), mode, &provider.url).await;
        let play = Play::begin(&gateway, &x);
        let first = play.ask("", "[]").await.text();
        let ids: Vec<&str> = first.split('"').filter(|text| text.starts_with("call_")).collect();
        // A client that is told them by way of the stack, and of one that the stack has minted.
        play.upload(minted);
        let second = play.ask("", &format!("[\"{}\",\"{}\",\"{minted}\"]", ids[0], ids[1])).await;
        assert_eq!(second.status, 200, "{}", second.text());
        gateway.close(&x, true);
        gateway.finish().await;
        file(root.path(), "x")
    };
    let recorded = run(InferenceMode::Record, "call_11112222").await;
    assert_eq!(recorded.matches("call_stacktest0000001").count(), 1, "{recorded}");
    assert!(!recorded.contains("stacktest0000002") && !recorded.contains("fresh"), "{recorded}");
    run(InferenceMode::Replay, "call_33334444").await;
    assert_eq!(run(InferenceMode::Record, "call_55556666").await, recorded);
}
