//! CPU per request, memory and time to the first answer of a replaying gateway, beside a bare hyper server that gives
//! the same answers in the same run. Linux only: CPU time is read from /proc.
//!
//! `cargo bench --bench gateway`
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use bytes::Bytes;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use stack_test::gateway::{GatewayConfig, Store, Upstream, start};
use stack_test::model::{CaseId, InferenceMode};
use stack_test::recording::{MissedCall, Owner, Set, explain, write};
use stack_test::wire::dialect::for_provider;
use stack_test::wire::message::{Body, End, Exchange, Head, Piece, Request, Response};
use stack_test::wire::trace::baggage;
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CASES: usize = 1_500;
/// Recordings of the test of loading.
const MANY: usize = 20_000;
const EVENTS: usize = 51;
const REQUESTS: usize = 20_000;
const CONNECTIONS: usize = 32;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("serve-gateway") => serve(true, Path::new(&args[2])),
        Some("serve-recording") => serve_recording(&args[2], Path::new(&args[3]), &args[4]),
        Some("load") => load(Path::new(&args[2])),
        Some("serve-floor") => serve(false, Path::new("")),
        _ => {
            measure();
            measure_recording();
            measure_load();
        }
    }
}

/// How long many recordings take to load: 20,000, 250 MB, half of them streams.
fn measure_load() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::new(root.path(), "bench");
    let mut bytes = 0;
    for number in 0..MANY {
        let set = Set {
            owner: Owner::Case(case(number)),
            exchanges: vec![exchange(number % 2 == 0, number, 2_200)],
        };
        let path = store.path(&set.owner);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = write(&set).text;
        bytes += text.len();
        std::fs::write(path, text).unwrap();
    }
    println!("{MANY} recordings, {:.0} MB:", bytes as f64 / 1e6);
    let session = Set { owner: Owner::Session, exchanges: vec![exchange(false, CASES, 20)] };
    std::fs::write(store.path(&Owner::Session), write(&session).text).unwrap();
    for _ in 0..3 {
        let mut command = Command::new(std::env::current_exe().unwrap());
        assert!(command.args(["load", root.path().to_str().unwrap()]).status().unwrap().success());
    }
    let (plain, floor_plain) = (asked(false), http("/plain", false, CASES, &case(7)));
    let gateway = spawn(&["serve-gateway", root.path().to_str().unwrap(), "many"], &plain);
    let floor = spawn(&["serve-floor"], &floor_plain);
    let (bare, ours) = (floor.cost(REQUESTS, &floor_plain), gateway.cost(REQUESTS, &plain));
    println!("  JSON: {ours:.1} µs CPU a request, floor {bare:.1} µs, ratio {:.2}", ours / bare);
}

/// Starts a gateway that needs them all, in a process of its own, so that the memory is that of loading alone.
fn load(root: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = GatewayConfig {
            providers: vec![Upstream::new("llm", "http://127.0.0.1:9/v1", for_provider("llm"))],
            cases: (0..MANY).map(case).collect(),
            ..GatewayConfig::new(InferenceMode::Replay, "bench", root)
        };
        let began = Instant::now();
        let gateway = start(listener, config).await.unwrap();
        let took = began.elapsed();
        let (memory, cpu) = (peak_memory(std::process::id()), cpu_of(std::process::id()));
        println!("  loaded in {took:.2?}, {cpu:.2?} CPU, peak memory {memory:.0} MiB");
        gateway.finish().await;
    });
}

/// MiB.
fn peak_memory(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

fn cpu_of(process: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let spent = |task: std::fs::DirEntry| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap();
        text.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    Duration::from_nanos(tasks.map(|task| spent(task.unwrap())).sum())
}

fn case(number: usize) -> CaseId {
    CaseId::new(format!("bench/suite-{}", number / 50), format!("case-{number}"))
}

fn request(stream: bool, number: usize) -> Request {
    let body = format!(
        r#"{{"model":"tiny-chat","messages":[{{"role":"system","content":"Be brief."}},{{"role":"user","content":"Question {number}: which planet has rings?"}}],"temperature":0,"seed":42,"stream":{stream}}}"#
    );
    Request {
        provider: "llm".into(),
        method: "POST".into(),
        path: "/v1/chat/completions".into(),
        query: String::new(),
        content_type: None,
        body: body.into(),
    }
}

fn json_answer(filler: usize) -> String {
    format!(
        r#"{{"id":"chatcmpl-1","object":"chat.completion","created":0,"model":"tiny-chat","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}]}}"#,
        "Saturn. ".repeat(filler)
    )
}

fn events() -> Vec<String> {
    let event = |number: usize| {
        format!(
            "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"word {number} \"}}}}]}}\n\n"
        )
    };
    (1..EVENTS).map(event).chain(["data: [DONE]\n\n".to_owned()]).collect()
}

fn exchange(stream: bool, number: usize, filler: usize) -> Exchange {
    let (kind, body) = if stream {
        let piece = |text: String| Piece { at: 1, bytes: text.into() };
        ("text/event-stream", Body::Stream(events().into_iter().map(piece).collect()))
    } else {
        ("application/json", Body::Whole(json_answer(filler).into()))
    };
    let headers = vec![("content-type".to_owned(), kind.to_owned())];
    let response = Response { head: Some(Head::new(200, headers)), body, end: End::Complete };
    Exchange { request: request(stream, number), response }
}

/// Half streams, half plain, 10 MB together; what is asked again and again is in the session's set, which repeats.
fn generate(root: &Path) -> u64 {
    let store = Store::new(root, "bench");
    let mut bytes = 0;
    let mut put = |set: &Set| {
        let path = store.path(&set.owner);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = write(set).text;
        bytes += text.len() as u64;
        std::fs::write(path, text).unwrap();
    };
    for number in 0..CASES {
        let exchanges = vec![exchange(number % 2 == 0, number, 700)];
        put(&Set { owner: Owner::Case(case(number)), exchanges });
    }
    put(&Set {
        owner: Owner::Session,
        exchanges: vec![exchange(false, CASES, 20), exchange(true, CASES, 0)],
    });
    bytes
}

/// The question that is asked again and again.
fn asked(stream: bool) -> Vec<u8> {
    http("/llm/v1/chat/completions", stream, CASES, &case(7))
}

/// What recording costs: a stream of many pieces passed on and kept, beside one that is only passed on.
fn measure_recording() {
    const STREAMS: usize = 3_200;
    let provider = spawn(&["serve-floor"], &http("/stream", true, 0, &case(7)));
    let cost = |mode: &str| {
        let root = tempfile::tempdir().unwrap();
        let args = ["serve-recording", mode, root.path().to_str().unwrap(), &provider.address];
        // Without a case: what is recorded belongs to the session.
        let text = String::from_utf8(http("/llm/stream", true, 0, &case(7))).unwrap();
        let request = text.replace("baggage: ", "x-nobody: ").into_bytes();
        let gateway = spawn(&args, &request);
        gateway.cost(STREAMS, &request)
    };
    let (live, record) = (cost("live"), cost("record"));
    println!(
        "a stream passed on: {live:.1} µs CPU; passed on and recorded: {record:.1} µs, {:.2} µs more for each of {EVENTS} pieces",
        (record - live) / EVENTS as f64
    );
}

fn serve_recording(mode: &str, root: &Path, provider: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = GatewayConfig {
            providers: vec![Upstream::new("llm", &format!("http://{provider}"), for_provider("llm"))],
            ..GatewayConfig::new(mode.parse().unwrap(), "bench", root)
        };
        let _gateway = start(listener, config).await.unwrap();
        println!("{address}");
        std::future::pending::<()>().await;
    });
}

fn serve(gateway: bool, root: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        if gateway {
            let cases = if std::env::args().any(|arg| arg == "many") { MANY } else { CASES };
            let config = GatewayConfig {
                providers: vec![Upstream::new("llm", "http://127.0.0.1:9/v1", for_provider("llm"))],
                cases: (0..cases).map(case).collect(),
                ..GatewayConfig::new(InferenceMode::Replay, "bench", root)
            };
            let gateway = start(listener, config).await.unwrap();
            println!("{address}");
            std::future::pending::<()>().await;
            gateway.finish().await;
        } else {
            println!("{address}");
            floor(listener).await;
        }
    });
}

async fn floor(listener: tokio::net::TcpListener) {
    let plain = Bytes::from(json_answer(20));
    let frames: Vec<Bytes> = events().into_iter().map(Bytes::from).collect();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (plain, frames) = (plain.clone(), frames.clone());
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let (plain, frames) = (plain.clone(), frames.clone());
            async move {
                let streams = request.uri().path().ends_with("stream");
                request.into_body().collect().await.unwrap();
                let body = if streams {
                    let frames =
                        frames.into_iter().map(|bytes| Ok::<_, Infallible>(hyper::body::Frame::data(bytes)));
                    StreamBody::new(futures_util::stream::iter(frames)).boxed()
                } else {
                    Full::new(plain).boxed()
                };
                let kind = if streams { "text/event-stream" } else { "application/json" };
                Ok::<_, Infallible>(
                    http::Response::builder().header("content-type", kind).body(body).unwrap(),
                )
            }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

struct Server {
    child: Child,
    address: String,
    first_answer: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn spawn(args: &[&str], first: &[u8]) -> Server {
    let began = Instant::now();
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut child = command.args(args).stdout(Stdio::piped()).spawn().unwrap();
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let mut server = Server { child, address: address.trim().to_owned(), first_answer: Duration::ZERO };
    exchange_once(&mut TcpStream::connect(&server.address).unwrap(), first);
    server.first_answer = began.elapsed();
    server
}

impl Server {
    fn cpu(&self) -> Duration {
        cpu_of(self.child.id())
    }

    fn memory(&self) -> f64 {
        peak_memory(self.child.id())
    }

    /// Microseconds of CPU for one request.
    fn cost(&self, requests: usize, request: &[u8]) -> f64 {
        let run = |count: usize| {
            std::thread::scope(|scope| {
                for _ in 0..CONNECTIONS {
                    scope.spawn(|| {
                        let mut stream = TcpStream::connect(&self.address).unwrap();
                        stream.set_nodelay(true).unwrap();
                        for _ in 0..count / CONNECTIONS {
                            exchange_once(&mut stream, request);
                        }
                    });
                }
            });
        };
        run(requests / 10);
        let before = self.cpu();
        run(requests);
        (self.cpu() - before).as_secs_f64() * 1e6 / (requests / CONNECTIONS * CONNECTIONS) as f64
    }
}

fn exchange_once(stream: &mut TcpStream, request: &[u8]) {
    stream.write_all(request).unwrap();
    let mut answer = Vec::with_capacity(16 * 1024);
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "hung up after {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&buffer[..read]);
        let Some(head) = answer.windows(4).take(2000).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
        let done = match text.split("content-length: ").nth(1) {
            Some(rest) => {
                answer.len() >= head + 4 + rest.split("\r\n").next().unwrap().parse::<usize>().unwrap()
            }
            None => answer.ends_with(b"0\r\n\r\n"),
        };
        if done {
            assert!(text.starts_with("http/1.1 200"), "{}", String::from_utf8_lossy(&answer));
            return;
        }
    }
}

fn http(path: &str, stream: bool, number: usize, case: &CaseId) -> Vec<u8> {
    let body = request(stream, number).body;
    let mut text = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nbaggage: {}\r\ncontent-length: {}\r\n\r\n",
        baggage(case),
        body.len()
    )
    .into_bytes();
    text.extend_from_slice(&body);
    text
}

fn measure() {
    let root = tempfile::tempdir().unwrap();
    let bytes = generate(root.path());
    let case = case(7);
    let path = "/llm/v1/chat/completions";
    let first = http(path, false, 7, &case);
    let gateway = spawn(&["serve-gateway", root.path().to_str().unwrap()], &first);
    let floor = spawn(&["serve-floor"], &http("/plain", false, 7, &case));
    println!("{CASES} recordings, {:.1} MB; {CONNECTIONS} connections", bytes as f64 / 1e6);
    println!("first answer after {:?} (floor {:?})", gateway.first_answer, floor.first_answer);
    println!("CPU until then {:?} (floor {:?})", gateway.cpu(), floor.cpu());
    println!("peak memory after loading {:.1} MB", gateway.memory());
    for (what, stream, floor_path) in [("JSON", false, "/plain"), ("SSE, 51 events", true, "/stream")] {
        let bare = floor.cost(REQUESTS, &http(floor_path, stream, CASES, &case));
        let ours = gateway.cost(REQUESTS, &asked(stream));
        println!("{what}: {ours:.1} µs CPU a request, floor {bare:.1} µs, ratio {:.2}", ours / bare);
    }
    println!("peak memory after {REQUESTS} requests of each {:.1} MB", gateway.memory());
    for recordings in [CASES, 20_000] {
        println!("a miss explained over {recordings} recordings: {:.1} ms", explained(recordings));
    }
}

/// Milliseconds that it takes to explain a miss of a case that has no recordings, so that all others are searched.
fn explained(recordings: usize) -> f64 {
    let set = |number| Set { owner: Owner::Case(case(number)), exchanges: vec![exchange(false, number, 0)] };
    let sets: Vec<Set> = (0..recordings).map(set).collect();
    let sets: Vec<&Set> = sets.iter().collect();
    let mut asked = request(false, recordings / 2);
    asked.body = String::from_utf8_lossy(&asked.body).replace("rings", "moons").into();
    let question = MissedCall {
        request: asked,
        owner: Owner::Case(CaseId::new("bench/new", "case")),
        step: None,
        setup: "bench".into(),
        command: None,
        recorded: 0,
        given: [].into(),
        other_ids: None,
    };
    let began = Instant::now();
    let miss = explain(&question, None, &sets, &|request| request);
    let took = began.elapsed().as_secs_f64() * 1e3;
    assert_eq!(miss.nearest.unwrap().case, Some(case(recordings / 2)));
    took
}
