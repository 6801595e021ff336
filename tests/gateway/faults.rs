//! What breaks, is torn, or makes no sense.

use crate::world::*;
use stack_test::gateway::{Error, GatewayConfig, NOTE};
use stack_test::model::InferenceMode;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn an_answer_that_broke_off_breaks_off_again() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| stream(&["data: 1\n\n", "data: 2\n\n"], "", "|!")).await;
    let x = case("x");
    let recording = gateway(root.path(), InferenceMode::Record, &provider.url).await;
    recording.open(&x);
    provider.gate.add_permits(1);
    let live = ask(&recording, &x, "{}").await;
    assert!(live.broken);
    recording.close(&x, true);
    let errors = recording.finish().await.errors;
    assert!(matches!(errors.as_slice(), [error @ Error::Doubtful(_)] if error.is_notice()), "{errors:?}");

    let replayed = ask(&gateway(root.path(), InferenceMode::Replay, &provider.url).await, &x, "{}").await;
    assert!(replayed.broken);
    assert_eq!(replayed.text(), "data: 1\n\ndata: 2\n\n");
    assert!(file(root.path(), "x").contains("\"end\": \"aborted\""));
}

#[tokio::test]
async fn outside_cases_what_broke_off_replaces_no_good_answer() {
    let root = tempfile::tempdir().unwrap();
    let good = provider(|_, _| json("{\"n\": 1}")).await;
    let torn = provider(|_, _| stream(&["data: 1\n\n"], "", "|!")).await;
    torn.gate.add_permits(1);
    for url in [&good.url, &torn.url] {
        let recording = gateway(root.path(), InferenceMode::Record, url).await;
        send(chat(&recording, None, "{}")).await;
        let errors = recording.finish().await.errors;
        assert!(errors.is_empty(), "{errors:?}");
    }
    let replaying = gateway(root.path(), InferenceMode::Replay, &good.url).await;
    assert_eq!(send(chat(&replaying, None, "{}")).await.text(), "{\"n\": 1}");
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_recorded_as_such() {
    let root = tempfile::tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", nobody.local_addr().unwrap());
    drop(nobody);
    let x = case("x");
    record(root.path(), &url, &x, &["{}"], true).await;
    assert!(file(root.path(), "x").contains("\"end\": \"refused\""));
    let got = ask(&gateway(root.path(), InferenceMode::Replay, &url).await, &x, "{}").await;
    assert_eq!((got.status, &got.headers[NOTE]), (502, &"upstream".parse().unwrap()));
}

#[tokio::test]
async fn a_provider_that_is_down_does_not_replace_what_it_once_answered() {
    let root = tempfile::tempdir().unwrap();
    let up = provider(|_, _| json("{\"n\": 1}")).await;
    let x = case("x");
    record(root.path(), &up.url, &x, &["{}"], true).await;
    let before = file(root.path(), "x");
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", nobody.local_addr().unwrap());
    drop(nobody);
    for (keep_unreached, words) in [(false, "cannot be reached"), (true, "got no answer at all")] {
        let config = GatewayConfig { keep_unreached, ..config(root.path(), InferenceMode::Record, &url) };
        let recording = started(config).await.unwrap();
        recording.open(&x);
        assert_eq!(ask(&recording, &x, "{}").await.status, 502);
        recording.close(&x, true);
        let finished = recording.finish().await;
        assert!(finished.errors[0].to_string().contains(words), "{:?}", finished.errors);
        assert_eq!((file(root.path(), "x"), finished.recorded), (before.clone(), vec![]));
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_told_of_once_and_by_the_last_attempt() {
    let root = tempfile::tempdir().unwrap();
    let (x, y) = (case("x"), case("y"));
    let recording = gateway(root.path(), InferenceMode::Record, "http://127.0.0.1:9/v1").await;
    for attempted in [&x, &x, &y] {
        recording.open(attempted);
        assert_eq!(ask(&recording, attempted, "{}").await.status, 502);
        // Whatever failed of it.
        recording.close(attempted, false);
    }
    recording.open(&y);
    recording.close(&y, true);
    let errors = recording.finish().await.errors;
    let is_of_x = |error: &Error| matches!(error, Error::Unreached { owners, .. } if owners.len() == 1);
    assert!(errors.len() == 1 && is_of_x(&errors[0]), "{errors:?}");
    assert!(errors[0].to_string().contains("`inference/chat::x`"), "{errors:?}");
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_not_recorded_unless_that_is_wanted() {
    let root = tempfile::tempdir().unwrap();
    let url = "http://me:hidden@127.0.0.1:9/v1";
    let recording = gateway(root.path(), InferenceMode::Record, url).await;
    let x = case("x");
    recording.open(&x);
    assert_eq!(ask(&recording, &x, "{}").await.status, 502);
    assert_eq!(recording.close(&x, true).recorded, 0);
    assert_eq!(send(chat(&recording, None, "{}")).await.status, 502);
    let finished = recording.finish().await;
    assert_eq!(
        finished.errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "the provider `llm` cannot be reached at http://127.0.0.1:9/v1 (connection refused): nothing was recorded of \
          `inference/chat::x`, the calls outside cases; start it, or correct its URL (`--keep-failed` records that it is \
          not there)"
        ]
    );
    assert_eq!(std::fs::read_dir(root.path().join("tiny")).map(Iterator::count).unwrap_or_default(), 0);
}

#[tokio::test]
async fn a_provider_that_says_nothing_is_not_waited_for_for_ever() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| "|".into()).await;
    let x = case("x");
    let mut config = config(root.path(), InferenceMode::Record, &provider.url);
    config.idle = Duration::from_millis(50);
    let recording = started(config).await.unwrap();
    recording.open(&x);
    assert_eq!(ask(&recording, &x, "{}").await.status, 504);
    recording.close(&x, true);
    assert!(file(root.path(), "x").contains("\"end\": \"timeout\""));
    assert_eq!(
        ask(&gateway(root.path(), InferenceMode::Replay, &provider.url).await, &x, "{}").await.status,
        504
    );
}

#[tokio::test]
async fn a_client_that_leaves_does_not_cut_the_recording_short() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| stream(&["data: 1\n\n", "data: 2\n\n"], "|", "0\r\n\r\n")).await;
    let x = case("x");
    let recording = gateway(root.path(), InferenceMode::Record, &provider.url).await;
    recording.open(&x);
    let mut live = chat(&recording, Some(&x), "{}").send().await.unwrap();
    assert_eq!(live.chunk().await.unwrap().unwrap(), "data: 1\n\n");
    drop(live);
    assert_eq!(recording.close(&x, true).recorded, 1);
    provider.gate.add_permits(2);
    assert!(recording.finish().await.errors.is_empty());
    let replayed = ask(&gateway(root.path(), InferenceMode::Replay, &provider.url).await, &x, "{}").await;
    assert_eq!(replayed.text(), "data: 1\n\ndata: 2\n\n");
}

#[tokio::test]
async fn a_broken_recording_is_told_before_anything_runs() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json("{\"n\":1}")).await;
    let (x, y) = (case("x"), case("y"));
    record(root.path(), &provider.url, &x, &["{}"], true).await;
    let good = file(root.path(), "x");
    let path = root.path().join("tiny/inference/chat/x.json");
    for (text, place, what) in [
        (good[..good.len() / 2].to_owned(), ":", "no complete recording"),
        (good.replace("recording\": 1", "recording\": 2"), ":2:3: ", "upgrade"),
        (good.replace("\"method\"", "\"metod\""), ":8:", "unknown field `metod`"),
        (good.replace("chat::x", "chat::z"), ":3:3: ", "belongs to `inference/chat::z`"),
        (good.replace("\"json\"", "\"base64\""), ":10:28: ", "a string was expected"),
        ("\u{0}".to_owned(), ":1:", "no complete recording"),
    ] {
        std::fs::write(&path, text).unwrap();
        let mut config = config(root.path(), InferenceMode::Replay, &provider.url);
        config.cases = vec![x.clone(), y.clone()];
        let error = started(config).await.err().unwrap().to_string();
        assert!(error.contains(&format!("x.json{place}")) && error.contains(what), "{error}");
    }
    record(root.path(), &provider.url, &x, &["{}"], true).await;
    assert_eq!(file(root.path(), "x"), good, "recording anew mends it");
}

#[tokio::test]
async fn what_a_killed_run_left_behind_is_ignored_and_cleaned() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json("{\"n\":1}")).await;
    let x = case("x");
    record(root.path(), &provider.url, &x, &["{}"], true).await;
    let torn = root.path().join("tiny/inference/chat/.stack-test-Ab3");
    std::fs::write(&torn, "{ \"stack-te").unwrap();
    let replaying = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
    assert_eq!(ask(&replaying, &x, "{}").await.status, 200);
    record(root.path(), &provider.url, &x, &["{}"], true).await;
    assert!(!torn.exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_before_anybody_is_asked() {
    let root = tempfile::tempdir().unwrap();
    // A file where the folder should be: read-only for everybody, the superuser included.
    std::fs::write(root.path().join("tiny"), "").unwrap();
    let error =
        started(config(root.path(), InferenceMode::Record, "http://127.0.0.1:9/v1")).await.err().unwrap();
    assert!(matches!(error, Error::Write { .. }), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_out_of_the_folder_is_not_followed() {
    let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), root.path().join("tiny")).unwrap();
    let mut replay = config(root.path(), InferenceMode::Replay, "http://127.0.0.1:9/v1");
    replay.cases = vec![case("x")];
    assert!(started(replay).await.err().unwrap().to_string().contains("symbolic link"));
    let error =
        started(config(root.path(), InferenceMode::Record, "http://127.0.0.1:9/v1")).await.err().unwrap();
    assert!(matches!(error, Error::Symlink(_)), "{error}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_words() {
    let root = tempfile::tempdir().unwrap();
    let gateway = gateway(root.path(), InferenceMode::Replay, "http://127.0.0.1:9/v1").await;
    assert!(gateway.base_url("llm").ends_with("/llm/v1"));
    let unknown = send(client().get(gateway.base_url("other"))).await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.text().contains("there is no `other`, but llm"), "{}", unknown.text());
    // reqwest tidies such paths up itself.
    let address = gateway.base_url("llm").replace("http://", "").replace("/llm/v1", "");
    for path in ["/llm/../x", "/llm/%2e%2E/x", "/llm/v1/..%2f"] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{path}: {answer}");
    }
    let mut wrong = config(root.path(), InferenceMode::Replay, "ftp://x");
    assert!(started(wrong.clone()).await.is_err());
    wrong.providers[0].url = "http://x/v1".into();
    wrong.providers[0].name = "a/b".into();
    assert!(started(wrong).await.is_err());
}

#[tokio::test]
async fn a_call_after_its_case_is_not_recorded_and_said_so() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json("{\"n\":1}")).await;
    let x = case("x");
    let recording = gateway(root.path(), InferenceMode::Record, &provider.url).await;
    recording.open(&x);
    recording.close(&x, true);
    assert_eq!(ask(&recording, &x, "{}").await.status, 200);
    let errors = recording.finish().await.errors;
    assert!(matches!(errors.as_slice(), [Error::Late { .. }]), "{errors:?}");
}
