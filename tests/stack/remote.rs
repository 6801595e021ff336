//! Servers that somebody else runs.

use super::fake::{fake, free_port, healthy, refused, request, start};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[tokio::test]
async fn a_llama_stack_says_what_it_offers() {
    let port = fake(|path| healthy(path, &["ollama/a", "ollama/b"])).await;
    let mut wanted = request(&format!("{}/v1", url(port)), Path::new("unused"));
    wanted.wanted_models = vec!["ollama/b".to_owned()];
    let (stack, notices) = start(wanted).await;
    let stack = stack.unwrap();
    assert_eq!(stack.url(), url(port), "the /v1 is that of the suites' paths");
    assert_eq!(stack.info().version.as_deref(), Some("0.3.4"));
    assert!(!stack.reused() && stack.info().log.is_none() && notices.is_empty(), "{notices:?}");
    let capabilities = stack.capabilities();
    let wanted = ["inference", "files", "agents", "models"].map(str::to_owned);
    assert_eq!(capabilities.missing_api(&wanted), None);
    assert_eq!(capabilities.missing_api(&["safety".to_owned()]), Some("safety"));
    assert_eq!(capabilities.models.as_ref().unwrap().len(), 2);
}

#[tokio::test]
async fn a_plain_server_has_models_only() {
    let port = fake(|path| healthy(path, &["gpt-x"]).filter(|_| path == "/v1/models")).await;
    let (stack, notices) = start(request(&url(port), Path::new("unused"))).await;
    let stack = stack.unwrap();
    assert!(notices[0].contains("no /v1/health") && notices[0].contains("lists models"), "{notices:?}");
    assert_eq!(stack.capabilities().apis, None);
    assert_eq!(stack.capabilities().missing_api(&["anything".to_owned()]), None);
}

#[tokio::test]
async fn a_server_that_lists_nothing_is_trusted() {
    let port = fake(|_| None).await;
    let mut wanted = request(&url(port), Path::new("unused"));
    wanted.wanted_models = vec!["gpt-x".to_owned()];
    let (stack, notices) = start(wanted).await;
    assert!(stack.is_ok());
    assert!(notices[0].contains("404 to /v1/health"), "{notices:?}");
    assert!(notices[1].contains("gpt-x is taken on trust"), "{notices:?}");
}

#[tokio::test]
async fn a_server_that_is_starting_is_waited_for() {
    let asked = AtomicUsize::new(0);
    let port = fake(move |path| match path {
        "/v1/health" => match asked.fetch_add(1, Ordering::Relaxed) {
            0 => Some((503, String::new())),
            1 => Some((200, r#"{"status":"Starting"}"#.to_owned())),
            _ => healthy(path, &[]),
        },
        "/v1/providers" if asked.fetch_add(1, Ordering::Relaxed) < 4 => {
            Some((200, r#"{"data":[]}"#.to_owned()))
        }
        _ => healthy(path, &[]),
    })
    .await;
    let (stack, notices) = start(request(&url(port), Path::new("unused"))).await;
    assert!(stack.unwrap().capabilities().apis.is_some());
    assert!(notices.is_empty(), "{notices:?}");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let port = fake(|path| healthy(path, &["ollama/llama3.2:3b"])).await;
    let mut wanted = request(&url(port), Path::new("unused"));
    wanted.wanted_models = vec!["ollama/lama3.2:3b".to_owned()];
    wanted.ready_timeout = Duration::from_millis(50);
    let text = refused(wanted).await;
    assert!(text.contains("not the model ollama/lama3.2:3b; it lists ollama/llama3.2:3b"), "{text}");
    assert!(text.contains("did you mean the model `ollama/llama3.2:3b`?"), "{text}");

    let port = fake(|_| Some((500, String::new()))).await;
    let mut wanted = request(&url(port), Path::new("unused"));
    wanted.ready_timeout = Duration::from_millis(50);
    let text = refused(wanted).await;
    assert!(text.contains("not healthy (/v1/health answers 500)"), "{text}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut wanted = request(&url(listener.local_addr().unwrap().port()), Path::new("unused"));
    wanted.ready_timeout = Duration::from_millis(50);
    let text = refused(wanted).await;
    assert!(text.contains("it is not healthy (it does not answer)"), "{text}");
}

#[tokio::test]
async fn where_nobody_listens_the_waiting_ends_at_once() {
    let port = free_port();
    let text = refused(request(&format!("http://me:hunter2@127.0.0.1:{port}"), Path::new("unused"))).await;
    assert!(text.contains(&format!("nothing answers at http://127.0.0.1:{port}")), "{text}");
    assert!(text.contains("refused") && !text.contains("hunter2"), "{text}");
}
