//! What running a case costs: stack-test beside hurl and beside a bare reqwest loop, in turn, on the same input.
//!
//! `cargo bench --bench runner` prints wall time, CPU time and peak memory of whole processes, and their ratios. hurl is
//! taken from PATH or from `HURL`; without it that column is left out, with a message. The static server runs in this
//! process, so that its work is in nobody's figures.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const RUNS: usize = 5;
const REPLY: &str = r#"{"id":"chatcmpl-000000000000000000000001","object":"chat.completion","created":1700000000,"model":"llama3.2:3b-instruct-fp16","choices":[{"index":0,"message":{"role":"assistant","content":"The planet with rings around it whose name starts with the letter S is Saturn, the sixth planet from the Sun and the second largest in the Solar System."},"finish_reason":"stop","logprobs":null}],"usage":{"prompt_tokens":38,"completion_tokens":34,"total_tokens":72,"prompt_tokens_details":null,"completion_tokens_details":null},"system_fingerprint":"fp_ollama","service_tier":null,"metadata":{}}"#;
const ASK: &str = r#"{"model":"llama3.2:3b-instruct-fp16","messages":[{"role":"user","content":"Which planet has rings around it with a name starting with letter S?"}],"stream":false,"temperature":0.0}"#;

/// What one process used.
#[derive(Clone, Copy)]
struct Usage {
    wall: f64,
    cpu: f64,
    peak_mib: f64,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        // This binary starts itself anew to measure one child alone: the peak memory of children is a maximum.
        Some("--measure") => measure(&args[1..]),
        Some("--floor") => floor(&args[1], args[2].parse().unwrap()),
        _ => compare(),
    }
}

fn compare() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let fast = runtime.block_on(serve(Duration::ZERO));
    let slow = runtime.block_on(serve(Duration::from_millis(200)));
    let hurl = hurl();
    println!("medians of {RUNS} runs, whole processes in turn; JUnit written by stack-test and hurl");
    let mut ours_by_size = Vec::new();
    for cases in [1000, 5000] {
        let folder = tempfile::tempdir().unwrap();
        write_inputs(folder.path(), cases, &fast);
        let mut rows: Vec<(&str, Vec<String>)> = vec![("stack-test", stack_test(folder.path(), &fast))];
        if let Some(hurl) = &hurl {
            rows.push(("hurl", hurl_command(hurl, folder.path())));
        }
        let floor = vec![own_path(), "--floor".into(), fast.clone(), cases.to_string()];
        rows.push(("bare reqwest", floor));
        let usages = in_turn(&rows);
        println!("\n{cases} cases, a file each");
        for ((name, _), usage) in rows.iter().zip(&usages) {
            println!(
                "  {name:<13} wall {:.3} s   CPU {:.3} s   peak {:.0} MiB",
                usage.wall, usage.cpu, usage.peak_mib
            );
        }
        let ours = usages[0];
        if hurl.is_some() {
            let (wall, cpu) = (ours.wall / usages[1].wall, ours.cpu / usages[1].cpu);
            println!("  to hurl: wall {wall:.2}, CPU {cpu:.2} (wanted: at most 0.50 each)");
        }
        let last = usages[usages.len() - 1];
        println!("  to bare reqwest: wall {:.2}, CPU {:.2}", ours.wall / last.wall, ours.cpu / last.cpu);
        ours_by_size.push(ours);
    }
    let growth = ours_by_size[1].cpu / ours_by_size[0].cpu;
    println!("\nCPU at 5,000 cases over CPU at 1,000: {growth:.2} (linear: at most 5)");
    println!("peak memory at 5,000: {:.0} MiB (wanted: at most 100)", ours_by_size[1].peak_mib);
    let folder = tempfile::tempdir().unwrap();
    write_inputs(folder.path(), 100, &slow);
    let usage = in_turn(&[("stack-test", stack_test(folder.path(), &slow))])[0];
    println!("100 cases against a server that takes 200 ms: wall {:.3} s (wanted: under 1 s)", usage.wall);
    if hurl.is_none() {
        println!("\nhurl is not here (PATH or HURL): its column is left out");
    }
}

fn own_path() -> String {
    std::env::current_exe().unwrap().to_string_lossy().into_owned()
}

fn hurl() -> Option<String> {
    let named = std::env::var("HURL").unwrap_or_else(|_| "hurl".into());
    let answers = Command::new(&named).arg("--version").stdout(Stdio::null()).status();
    answers.is_ok_and(|status| status.success()).then_some(named)
}

fn stack_test(folder: &Path, url: &str) -> Vec<String> {
    let folder = folder.to_string_lossy();
    let binary = env!("CARGO_BIN_EXE_stack-test");
    let line = format!(
        "{binary} run ./ --suites-dir {folder}/suites --stack-config {url} --inference-mode live --quiet --report junit={folder}/junit.xml"
    );
    line.split(' ').map(str::to_owned).collect()
}

fn hurl_command(hurl: &str, folder: &Path) -> Vec<String> {
    let folder = folder.to_string_lossy();
    let line = format!("{hurl} --test --glob {folder}/hurl/*.hurl --report-junit {folder}/hurl.xml");
    line.split(' ').map(str::to_owned).collect()
}

fn write_inputs(folder: &Path, cases: usize, url: &str) {
    fs::create_dir_all(folder.join("suites")).unwrap();
    fs::create_dir_all(folder.join("hurl")).unwrap();
    for case in 0..cases {
        let mut yaml = String::new();
        let _ =
            writeln!(yaml, "cases:\n  - name: case_{case}\n    steps:\n      - post: /v1/chat/completions");
        let _ = writeln!(yaml, "        json: {ASK}\n        expect:\n          status: 200");
        yaml.push_str("          $.object: chat.completion\n          $.choices[0].message.content: { contains: Saturn }\n");
        yaml.push_str("          $.usage.total_tokens: { gt: 0 }\n");
        fs::write(folder.join(format!("suites/case_{case:04}.yaml")), yaml).unwrap();
        let hurl = format!(
            "POST {url}/v1/chat/completions\nContent-Type: application/json\n{ASK}\nHTTP 200\n[Asserts]\n\
             jsonpath \"$.object\" == \"chat.completion\"\njsonpath \"$.choices[0].message.content\" contains \"Saturn\"\n\
             jsonpath \"$.usage.total_tokens\" > 0\n"
        );
        fs::write(folder.join(format!("hurl/case_{case:04}.hurl")), hurl).unwrap();
    }
}

/// Runs every command once as a warm-up, then all of them in turn, and takes each figure's median.
fn in_turn(rows: &[(&str, Vec<String>)]) -> Vec<Usage> {
    let mut all = vec![Vec::new(); rows.len()];
    for round in 0..=RUNS {
        for (at, (name, command)) in rows.iter().enumerate() {
            let output = Command::new(own_path()).arg("--measure").args(command).output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            let figures: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
            let [wall, cpu, peak_mib] = figures[..] else {
                panic!("{name} failed: {text}{}", String::from_utf8_lossy(&output.stderr));
            };
            if round > 0 {
                all[at].push(Usage { wall, cpu, peak_mib });
            }
        }
    }
    all.into_iter().map(|usages| median(&usages)).collect()
}

fn median(usages: &[Usage]) -> Usage {
    let middle = |figure: fn(&Usage) -> f64| {
        let mut figures: Vec<f64> = usages.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    Usage {
        wall: middle(|usage| usage.wall),
        cpu: middle(|usage| usage.cpu),
        peak_mib: middle(|usage| usage.peak_mib),
    }
}

fn measure(command: &[String]) {
    let begun = Instant::now();
    let output = Command::new(&command[0]).args(&command[1..]).stdin(Stdio::null()).output().unwrap();
    let wall = begun.elapsed().as_secs_f64();
    if !output.status.success() {
        println!("{}", output.status);
        println!("{}", String::from_utf8_lossy(&output.stdout));
        println!("{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    println!("{wall} {} {}", micros as f64 / 1e6, usage.max_rss() as f64 / 1024.0);
}

/// What the same requests cost with nothing around them.
fn floor(url: &str, cases: usize) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let next = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let mut tasks = Vec::new();
        for _ in 0..16 {
            let (client, next, url) = (client.clone(), next.clone(), format!("{url}/v1/chat/completions"));
            tasks.push(tokio::spawn(async move {
                while next.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < cases {
                    let request = client.post(&url).header("content-type", "application/json").body(ASK);
                    let answer: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
                    assert_eq!(answer["object"], "chat.completion");
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Answers every request with [`REPLY`] after `pause`, and returns its URL.
async fn serve(pause: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream, pause));
        }
    });
    url
}

async fn answer(mut stream: TcpStream, pause: Duration) {
    stream.set_nodelay(true).unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        REPLY.len()
    );
    let reply = head + REPLY;
    let mut held = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        while let Some(length) = request_length(&held) {
            held.drain(..length);
            tokio::time::sleep(pause).await;
            if stream.write_all(reply.as_bytes()).await.is_err() {
                return;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => held.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Length of the first whole request in `held`.
fn request_length(held: &[u8]) -> Option<usize> {
    let head = held.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&held[..head]).ok()?.to_ascii_lowercase();
    let body = text
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.split("\r\n").next()?.parse().ok())
        .unwrap_or(0);
    (held.len() >= head + body).then_some(head + body)
}
