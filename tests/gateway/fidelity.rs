//! What a client reads on replay is what the provider sent: its bytes, in its pieces, at its pace, to its end.

use crate::raw::*;
use crate::world::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use stack_test::gateway::{Gateway, NOTE};
use stack_test::model::{CaseId, InferenceMode, ReplaySpeed};
use stack_test::wire::eventstream::{Frame, HeaderValue};
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

fn frame(text: &str) -> Vec<u8> {
    let header = |name: &str, value: &str| (name.to_owned(), HeaderValue::Text(value.to_owned()));
    let headers =
        vec![header(":event-type", "contentBlockDelta"), header(":content-type", "application/json")];
    Frame { headers, payload: text.to_owned().into() }.write().unwrap()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn halves(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (one, other) = bytes.split_at(bytes.len() / 2);
    vec![one.to_vec(), other.to_vec()]
}

/// Header lines, pieces, and what the file must hold.
type Awkward = (&'static [&'static str], Vec<Vec<u8>>, &'static str);

/// Streams that are awkward in one way each.
fn streams() -> Vec<Awkward> {
    let text = |pieces: &[&str]| pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect::<Vec<_>>();
    let sse: &[&str] = &["content-type: text/event-stream; charset=utf-8"];
    let frames = [frame(r#"{"delta":{"text":"Sat"}}"#), frame(r#"{"delta": {"text": "urn"}}"#)].concat();
    let compressed = gzip("data: {\"a\":1}\n\ndata: {\"a\":2}\n\n");
    vec![
        (
            sse,
            text(&[
                ": ping\n\n",
                "event: x\nid: 7\nretry: 100\n",
                "data: a\ndata: b\n\n",
                "event: message_start\ndata: {\"a\":1}\n\n",
                "data: [DONE]\n\n",
            ]),
            r#""event": "message_start", "data": {"a":1}}"#,
        ),
        (
            sse,
            text(&["data: {\"a\":1}\r", "\n\r", "\ndata: {\"a\":2}\r\n\r\n"]),
            r#""data": {"a":2}, "eol": "crlf""#,
        ),
        (sse, text(&["data: 1\r\rdata: 2\r", "\r", ": cr\r\r"]), "cr\\r\\r"),
        (sse, vec![b"data: \xc3".to_vec(), b"\xa9\n\ndata: \xff\n\n".to_vec()], "base64"),
        (
            sse,
            text(&["data: {\"a\":1}\n\n", "event: error\ndata: {\"error\":{\"code\":500}}\n\n"]),
            "\"event\": \"error\"",
        ),
        (
            &["content-type: application/x-ndjson"],
            text(&["{\"a\":1}\n{\"a\"", ": 2}\n", "{\"a\": 3}\n", "\n", "{\"done\":true}"]),
            r#""line": {"a": 3}, "style": "spaced""#,
        ),
        (
            &["content-type: application/json; charset=UTF-8"],
            text(&["[{\"a\":1}\n", ",\r\n{\"a\":\"\u{e9}\"}", "\n]"]),
            "\"pieces\": [[",
        ),
        (
            &["content-type: application/vnd.amazon.eventstream"],
            vec![frames[..150].to_vec(), frames[150..].to_vec(), frame(r#"{"usage":{"totalTokens":7}}"#)],
            r#""frame": {"usage":{"totalTokens":7}}"#,
        ),
        (&["content-type: text/event-stream", "content-encoding: gzip"], halves(&compressed), "\"base64\""),
        (&["content-type: application/octet-stream"], halves(&[0xff, 0, 13, 10]), "\"pieces\": [["),
    ]
}

async fn recorded(root: &Path, url: &str, x: &CaseId) -> Gateway {
    let recording = gateway(root, InferenceMode::Record, url).await;
    recording.open(x);
    recording
}

#[tokio::test]
async fn streams_come_back_byte_for_byte_and_piece_by_piece() {
    for (lines, pieces, kept) in streams() {
        let root = tempfile::tempdir().unwrap();
        let mut steps = vec![head("200 OK", &[lines, &["transfer-encoding: chunked"]].concat()), Step::Gate];
        for piece in &pieces {
            steps.extend([chunk(piece), Step::Gate]);
        }
        steps.push(last_chunk());
        let provider = raw_provider(steps).await;
        let x = case("x");
        let recording = recorded(root.path(), &provider.url, &x).await;
        // Each step is made only when the one before has arrived: had anything been held back, this would hang.
        let mut live = chat(&recording, Some(&x), "{}").send().await.unwrap();
        for piece in &pieces {
            provider.gate.add_permits(1);
            assert_eq!(live.chunk().await.unwrap().unwrap(), piece, "{lines:?}");
        }
        provider.gate.add_permits(1);
        assert!(live.chunk().await.unwrap().is_none());
        recording.close(&x, true);
        assert!(recording.finish().await.errors.is_empty());
        assert!(provider.asked.lock().unwrap()[0].contains("accept-encoding: identity"));

        let text = file(root.path(), "x");
        assert!(text.contains(kept), "{lines:?}: {text}");
        let replaying = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
        let replayed = ask(&replaying, &x, "{}").await;
        assert_eq!(replayed.pieces, pieces, "{lines:?}: {text}");
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            assert_eq!(replayed.headers[name], value);
        }
    }
}

#[tokio::test]
async fn streamed_audio_is_kept_apart_and_comes_back_in_its_pieces() {
    let root = tempfile::tempdir().unwrap();
    let audio: Vec<u8> = (0..=250_u8).cycle().take(70_000).collect();
    let [one, other] = [&audio[..60_000], &audio[60_000..]];
    let lines = ["content-type: audio/mpeg", "transfer-encoding: chunked"];
    let provider =
        raw_provider(vec![head("200 OK", &lines), chunk(one), Step::Gate, chunk(other), last_chunk()]).await;
    let x = case("x");
    let recording = recorded(root.path(), &provider.url, &x).await;
    let mut live = chat(&recording, Some(&x), "{}").send().await.unwrap();
    let mut came = 0;
    while came < one.len() {
        came += live.chunk().await.unwrap().unwrap().len();
    }
    provider.gate.add_permits(1);
    while live.chunk().await.unwrap().is_some() {}
    recording.close(&x, true);
    recording.finish().await;
    let text = file(root.path(), "x");
    assert!(text.contains("_bodies/") && text.contains(", 10000]]"), "{text}");
    let got = ask(&gateway(root.path(), InferenceMode::Replay, &provider.url).await, &x, "{}").await;
    assert!(got.pieces.concat() == audio && !got.headers.contains_key("content-length"));
}

#[tokio::test]
async fn a_body_of_announced_length_is_one_piece_however_it_came() {
    let root = tempfile::tempdir().unwrap();
    let provider = raw_provider(vec![
        head("200 OK", &["content-type: application/json", "content-length: 9"]),
        Step::Send(b"{\"a\"".to_vec()),
        Step::Gate,
        Step::Send(b": 10}".to_vec()),
    ])
    .await;
    let x = case("x");
    let recording = recorded(root.path(), &provider.url, &x).await;
    let mut live = chat(&recording, Some(&x), "{}").send().await.unwrap();
    assert_eq!(live.chunk().await.unwrap().unwrap(), "{\"a\"");
    provider.gate.add_permits(1);
    assert_eq!(live.chunk().await.unwrap().unwrap(), ": 10}");
    recording.close(&x, true);
    recording.finish().await;
    let replayed = ask(&gateway(root.path(), InferenceMode::Replay, &provider.url).await, &x, "{}").await;
    assert_eq!(replayed.pieces, ["{\"a\": 10}"]);
    assert_eq!(replayed.headers["content-length"], "9");
}

#[tokio::test]
async fn an_answer_without_a_body_keeps_what_its_head_says() {
    for (method, status, lines) in [
        ("HEAD", "200 OK", &["content-type: application/json", "content-length: 1234"][..]),
        ("HEAD", "200 OK", &["content-type: text/plain"][..]),
        ("DELETE", "204 No Content", &["location: /a", "location: /b"][..]),
        ("GET", "304 Not Modified", &["content-length: 77"][..]),
        ("POST", "200 OK", &["content-length: 0"][..]),
    ] {
        let root = tempfile::tempdir().unwrap();
        let provider = raw_provider(vec![head(status, lines)]).await;
        let x = case("x");
        let recording = recorded(root.path(), &provider.url, &x).await;
        let call = async |gateway: &Gateway| {
            let address = gateway.base_url("llm").replace("http://", "").replace("/llm/v1", "");
            let baggage = stack_test::wire::trace::baggage(&x);
            let request = format!(
                "{method} /llm/v1/files/1 HTTP/1.1\r\nhost: x\r\nbaggage: {baggage}\r\nconnection: close\r\n\r\n"
            );
            let answer = raw_client(&address, &[request.as_bytes()], Duration::ZERO).await;
            let lines = answer.split("\r\n").filter(|line| !line.starts_with("date: "));
            let mut lines: Vec<String> = lines.map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let live = call(&recording).await;
        assert!(live.iter().any(|line| line.ends_with(status)), "{live:?}");
        for line in lines {
            assert!(live.iter().any(|got| got == line), "{method}: {live:?} without {line}");
        }
        recording.close(&x, true);
        recording.finish().await;
        let replaying = gateway(root.path(), InferenceMode::Replay, &provider.url).await;
        replaying.open(&x);
        assert_eq!(call(&replaying).await, live, "{method} {status}: {}", file(root.path(), "x"));
    }
}

/// The stream that everything goes wrong in: a split character, a split CRLF, a comment, a pause, an abrupt end.
const AWKWARD: [&[u8]; 5] = [
    b": hello\r\n\r\ndata: {\"t\": \"Gr\xc3",
    b"\xbc\xc3\x9fe\"}\r\n\r",
    b"\n",
    b"event: delta\r\ndata: {\"t\": \"two\"}\r\n\r\n",
    b"data: {\"t\": \"three\"}\r\n\r\n",
];

#[tokio::test(start_paused = true)]
async fn an_awkward_stream_comes_back_at_the_pace_that_is_asked_for() {
    let root = tempfile::tempdir().unwrap();
    let pause = |seconds| Step::Wait(Duration::from_secs(seconds));
    let mut steps = vec![
        pause(5),
        head("200 OK", &["content-type: text/event-stream", "transfer-encoding: chunked"]),
        pause(1),
    ];
    steps.extend(AWKWARD[..3].iter().flat_map(|piece| [chunk(piece), pause(1)]));
    steps.push(pause(40));
    steps.extend(AWKWARD[3..].iter().map(|piece| chunk(piece)));
    steps.push(pause(1));
    let provider = raw_provider(steps).await;
    let x = case("x");
    let mut config = config(root.path(), InferenceMode::Record, &provider.url);
    config.idle = Duration::from_secs(100);
    let recording = started(config.clone()).await.unwrap();
    recording.open(&x);
    let live = ask(&recording, &x, "{}").await;
    assert!(live.broken, "it broke off after the third event");
    assert_eq!(live.pieces.concat(), AWKWARD.concat());
    recording.close(&x, true);
    recording.finish().await;
    let text = file(root.path(), "x");
    assert!(text.contains("\"head_after\": 5") && text.contains("\"end\": \"aborted\""), "{text}");

    config.mode = InferenceMode::Replay;
    for (speed, head_after, all_after) in [
        (ReplaySpeed::Instant, 0.0, 0.0),
        (ReplaySpeed::Times(1.0), 5.0, 49.0),
        (ReplaySpeed::Times(10.0), 0.5, 4.9),
        (ReplaySpeed::Times(0.5), 10.0, 98.0),
    ] {
        config.replay_speed = speed;
        let replaying = started(config.clone()).await.unwrap();
        replaying.open(&x);
        let began = Instant::now();
        let mut replayed = chat(&replaying, Some(&x), "{}").send().await.unwrap();
        let head_came = began.elapsed().as_secs_f64();
        let mut pieces = Vec::new();
        while let Ok(Some(piece)) = replayed.chunk().await {
            pieces.push(piece);
        }
        // Time is a fake that moves only when everybody waits: a tolerance for the rounding of milliseconds.
        let near = |is: f64, wanted: f64| (is - wanted).abs() < 0.1;
        let all_came = began.elapsed().as_secs_f64();
        assert!(near(head_came, head_after), "{speed}: the head came after {head_came} s");
        assert!(near(all_came, all_after), "{speed}: the end came after {all_came} s");
        assert_eq!(pieces, live.pieces, "{speed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_stops_is_recorded_as_a_timeout_and_breaks_off() {
    let root = tempfile::tempdir().unwrap();
    let provider = raw_provider(vec![
        head("200 OK", &["content-type: text/event-stream", "transfer-encoding: chunked"]),
        chunk(b"data: 1\n\n"),
        Step::Wait(Duration::from_secs(10_000)),
    ])
    .await;
    let x = case("x");
    record(root.path(), &provider.url, &x, &["{}"], true).await;
    assert!(file(root.path(), "x").contains("\"end\": \"timeout\""));
    let got = ask(&gateway(root.path(), InferenceMode::Replay, &provider.url).await, &x, "{}").await;
    assert!(got.broken && got.status == 200);
    assert_eq!(got.text(), "data: 1\n\n");
}

#[tokio::test]
async fn an_end_before_the_announced_length_is_a_break() {
    for steps in [
        vec![head("200 OK", &["content-length: 100"]), Step::Send(b"{\"half\"".to_vec())],
        vec![
            head("200 OK", &["transfer-encoding: chunked"]),
            chunk(b"{\"half\""),
            Step::Gate,
            Step::Send(b"zz\r\nnonsense\r\n".to_vec()),
        ],
    ] {
        let root = tempfile::tempdir().unwrap();
        let provider = raw_provider(steps).await;
        provider.gate.add_permits(2);
        let x = case("x");
        let recording = recorded(root.path(), &provider.url, &x).await;
        let live = ask(&recording, &x, "{}").await;
        recording.close(&x, true);
        recording.finish().await;
        let replayed = ask(&gateway(root.path(), InferenceMode::Replay, &provider.url).await, &x, "{}").await;
        for got in [live, replayed] {
            assert!(got.broken && got.status == 200, "{}", got.text());
            assert_eq!(got.text(), "{\"half\"");
        }
    }
}

#[tokio::test]
async fn a_provider_that_hangs_up_before_its_answer_is_recorded_as_such() {
    for steps in
        [vec![], vec![Step::Send(b"what?\r\n\r\n".to_vec())], vec![Step::Send(b"HTTP/1.1 20".to_vec())]]
    {
        let root = tempfile::tempdir().unwrap();
        let provider = raw_provider(steps).await;
        let x = case("x");
        record(root.path(), &provider.url, &x, &["{}"], true).await;
        assert!(file(root.path(), "x").contains("\"end\": \"aborted\""));
        let got = ask(&gateway(root.path(), InferenceMode::Replay, &provider.url).await, &x, "{}").await;
        assert_eq!((got.status, got.headers[NOTE].to_str().unwrap()), (502, "upstream"));
        assert!(got.text().contains("hung up"), "{}", got.text());
    }
}

#[tokio::test]
async fn a_provider_whose_tls_makes_no_sense_is_not_reached() {
    let root = tempfile::tempdir().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _sent = tokio::io::AsyncWriteExt::write_all(&mut stream, b"this is no TLS\r\n").await;
        }
    });
    let x = case("x");
    record(root.path(), &url, &x, &["{}"], true).await;
    assert!(file(root.path(), "x").contains("\"end\": \"refused\""));
    let got = ask(&gateway(root.path(), InferenceMode::Replay, &url).await, &x, "{}").await;
    assert!(got.status == 502 && got.text().contains("cannot be reached"), "{}", got.text());
}
