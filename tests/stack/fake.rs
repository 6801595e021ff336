//! Small servers that pretend to be a stack, and what every test asks for.

use axum::Router;
use axum::http::{StatusCode, Uri};
use stack_test::stack::{self, Error, Runtime, Stack, StackRequest};
use stack_test::stack_config::StackConfig;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;

/// What a fake server answers: status and body for a path; anything else is 404.
pub(super) type Answers = Arc<dyn Fn(&str) -> Option<(u16, String)> + Send + Sync>;

/// Serves until the runtime ends.
pub(super) async fn serve_on(listener: TcpListener, answers: Answers) {
    let handler = move |uri: Uri| {
        let answer = answers(uri.path());
        async move {
            let (status, body) = answer.unwrap_or((404, r#"{"detail":"Not Found"}"#.to_owned()));
            (StatusCode::from_u16(status).unwrap(), [("content-type", "application/json")], body)
        }
    };
    axum::serve(listener, Router::new().fallback(handler)).await.unwrap();
}

/// Serves in the background and gives the port.
pub(super) async fn fake(answers: impl Fn(&str) -> Option<(u16, String)> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(serve_on(listener, Arc::new(answers)));
    port
}

/// What a healthy Llama Stack with the given models answers.
pub(super) fn healthy(path: &str, models: &[&str]) -> Option<(u16, String)> {
    let list = |ids: &[&str]| {
        let items: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
        format!(r#"{{"data":[{}]}}"#, items.join(","))
    };
    let body = match path {
        "/v1/health" => r#"{"status":"OK"}"#.to_owned(),
        "/v1/version" => r#"{"version":"0.3.4"}"#.to_owned(),
        "/v1/providers" => {
            r#"{"data":[{"api":"inference","provider_id":"ollama"},{"api":"files"}]}"#.to_owned()
        }
        "/v1/inspect/routes" => {
            r#"{"data":[{"route":"/v1/chat/completions"},{"route":"/v1alpha/agents"}]}"#.to_owned()
        }
        "/v1/models" => list(models),
        _ => return None,
    };
    Some((200, body))
}

/// A port that nobody listens on. It lies below those that the system hands out, so that no other test is given it meanwhile,
/// and is bound without listening, so that a process forked by another test does not seem to serve on it.
pub(super) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 1_000).unwrap() * 10;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed);
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        if socket.bind(SocketAddr::from(([127, 0, 0, 1], port))).is_ok() {
            return port;
        }
    }
}

pub(super) async fn listens(port: u16) -> bool {
    tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

/// Returns once nobody listens any more: a killed process frees its port a moment later.
pub(super) async fn closed(port: u16) {
    for _ in 0..500 {
        if !listens(port).await {
            return;
        }
        // On a thread, so that a test with paused time waits too.
        tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(10))).await.unwrap();
    }
    panic!("port {port} is still open");
}

/// A request for `config`, with its folder for logs.
pub(super) fn request(config: &str, log_dir: &Path) -> StackRequest {
    StackRequest {
        target: StackConfig::parse("--stack-config", config).unwrap().target(),
        env: Vec::new(),
        process_env: BTreeMap::new(),
        wanted_models: Vec::new(),
        log_dir: log_dir.to_owned(),
        ready_timeout: Duration::from_secs(60),
        stop_grace: Duration::from_secs(5),
        exe: PathBuf::from("/nowhere/stack-test"),
        redactor: stack_test::text::Redactor::default(),
        force_restart: false,
        runtime: Runtime::Embedded,
        provider_urls: Vec::new(),
        runs_dir: log_dir.to_owned(),
        container: None,
    }
}

/// Starts and gives the notices too.
pub(super) async fn start(request: StackRequest) -> (Result<Stack, Error>, Vec<String>) {
    let notices = Mutex::new(Vec::new());
    let stack =
        stack::start(request, CancellationToken::new(), &|notice| notices.lock().unwrap().push(notice)).await;
    (stack, notices.into_inner().unwrap())
}

/// The message of a failed start, drawn.
pub(super) async fn refused(request: StackRequest) -> String {
    let (stack, _) = start(request).await;
    stack.expect_err("the start fails").diagnostic().render(false)
}
