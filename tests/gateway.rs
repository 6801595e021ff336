//! The gateway between real sockets: a provider of the test's own on one side, reqwest on the other.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a test may")]

use bytes::Bytes;
use stack_test::gateway::{Error, Gateway, GatewayConfig, MISS_STATUS, NOTE, Upstream, start};
use stack_test::model::{CaseId, Decided, InferenceMode, Secret, Traffic};
use stack_test::wire::dialect::by_name;
use stack_test::wire::trace::baggage;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// A provider that answers with what `script` gives for the number of the request and its text, byte for byte; it
/// hangs up after each answer. `|` in the script waits for a permit of `gate`, `!` resets the connection.
struct Provider {
    url: String,
    connections: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

type Script = fn(usize, &str) -> String;

async fn provider(script: Script) -> Provider {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (connections, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let (count, permits) = (Arc::clone(&connections), Arc::clone(&gate));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let number = count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream, number, script, Arc::clone(&permits)));
        }
    });
    Provider { url, connections, gate }
}

async fn serve(mut stream: TcpStream, number: usize, script: Script, gate: Arc<Semaphore>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let Some(head) = text.find("\r\n\r\n") else { continue };
        let length =
            text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        if read == 0 || request.len() >= head + 4 + length.unwrap_or(0) {
            break;
        }
    }
    let answer = script(number, &String::from_utf8_lossy(&request));
    for piece in answer.split_inclusive(['|', '!']) {
        let _client_left = stream.write_all(piece.trim_end_matches(['|', '!']).as_bytes()).await;
        if piece.ends_with('|') {
            gate.acquire().await.unwrap().forget();
        }
        if piece.ends_with('!') {
            stream.set_zero_linger().unwrap();
            return;
        }
    }
}

fn json(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: 7\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn stream(pieces: &[&str], between: &str, end: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let chunk = |piece: &&str| format!("{:x}\r\n{piece}\r\n{between}", piece.len());
    format!("{head}{}{end}", pieces.iter().map(chunk).collect::<String>())
}

fn config(root: &Path, mode: InferenceMode, url: &str) -> GatewayConfig {
    GatewayConfig {
        mode,
        setup: "tiny".into(),
        root: root.to_owned(),
        providers: vec![Upstream {
            name: "llm".into(),
            url: url.into(),
            dialect: by_name("llama-cpp").unwrap(),
            headers: Vec::new(),
        }],
        secrets: vec![("LLM_KEY".into(), Secret::new("sk-very-secret"))],
        cases: Vec::new(),
        idle: Duration::from_secs(20),
        close_connections: false,
    }
}

async fn started(config: GatewayConfig) -> Result<Gateway, Error> {
    start(TcpListener::bind("127.0.0.1:0").await.unwrap(), config).await
}

async fn gateway(root: &Path, mode: InferenceMode, url: &str) -> Gateway {
    started(config(root, mode, url)).await.unwrap()
}

fn case(name: &str) -> CaseId {
    CaseId::new("inference/chat", name)
}

struct Got {
    status: u16,
    headers: reqwest::header::HeaderMap,
    pieces: Vec<Bytes>,
    broken: bool,
}

impl Got {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.pieces.concat()).into_owned()
    }
}

async fn send(request: reqwest::RequestBuilder) -> Got {
    let mut response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut pieces = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) => pieces.push(piece),
            end => return Got { status, headers, pieces, broken: end.is_err() },
        }
    }
}

fn client() -> reqwest::Client {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn chat(gateway: &Gateway, case: Option<&CaseId>, body: &str) -> reqwest::RequestBuilder {
    let url = format!("{}/chat/completions", gateway.base_url("llm"));
    let request = client().post(url).header("content-type", "application/json").body(body.to_owned());
    match case {
        Some(case) => request.header("baggage", baggage(case)),
        None => request,
    }
}

async fn ask(gateway: &Gateway, case: &CaseId, body: &str) -> Got {
    send(chat(gateway, Some(case), body)).await
}

/// Records one call of one case and ends the gateway.
async fn record(root: &Path, url: &str, case: &CaseId, bodies: &[&str], keep: bool) -> Traffic {
    let gateway = gateway(root, InferenceMode::Record, url).await;
    gateway.open(case);
    for body in bodies {
        ask(&gateway, case, body).await;
    }
    let traffic = gateway.close(case, keep);
    let finished = gateway.finish().await;
    assert!(finished.errors.is_empty(), "{:?}", finished.errors);
    traffic
}

fn file(root: &Path, case: &str) -> String {
    std::fs::read_to_string(root.join(format!("tiny/inference/chat/{case}.json"))).unwrap()
}

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
    assert!(other.text().contains("/n is 2 (was 1)"), "{}", other.text());
    let traffic = gateway.close(&x, true);
    assert_eq!((traffic.replayed, traffic.unused, traffic.misses.len()), (1, 0, 2));
    assert!(traffic.misses[0].explanation.contains("one call too many"), "{:?}", traffic.misses[0]);
    assert!(traffic.misses[1].explanation.contains("stack-test record -k 'x'"), "{:?}", traffic.misses[1]);
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
    recording.finish().await;

    let replayed = ask(&gateway(root.path(), InferenceMode::Replay, &provider.url).await, &x, "{}").await;
    assert!(replayed.broken);
    assert_eq!(replayed.text(), "data: 1\n\ndata: 2\n\n");
    assert!(file(root.path(), "x").contains("\"end\": \"aborted\""));
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
async fn recording_an_unchanged_provider_again_changes_no_byte() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|number, _| {
        let event = |text: &str| {
            format!("data: {{\"id\": \"chatcmpl-{number}\", \"created\": 17{number}, \"t\": \"{text}\"}}\n\n")
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
async fn calls_outside_cases_are_kept_once_and_answered_as_often_as_they_come() {
    let root = tempfile::tempdir().unwrap();
    let provider = provider(|_, _| json(r#"{"data":[{"id":"tiny-chat","created":5}]}"#)).await;
    let recording = gateway(root.path(), InferenceMode::Record, &provider.url).await;
    let models = |gateway: &Gateway| client().get(format!("{}/models", gateway.base_url("llm")));
    send(models(&recording)).await;
    send(models(&recording)).await;
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
