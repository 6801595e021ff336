//! `server:<config>:<port>`.

use super::child::{fake_run, program};
use super::fake::{closed, fake, free_port, healthy, listens, refused, request, serve_on, start};
use stack_test::stack::{self, Error, StackRequest};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// A request for a server on a free port, whose program is `script`.
fn server(folder: &Path, script: &str) -> (StackRequest, u16) {
    let port = free_port();
    let mut request = request(&format!("server:starter:{port}"), folder);
    request.exe = program(folder, script);
    (request, port)
}

#[tokio::test]
async fn a_server_is_started_waited_for_and_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let (mut request, port) = server(folder.path(), "echo \"got $*, OLLAMA_URL=$OLLAMA_URL\"; $SERVE");
    request.env = vec![("OLLAMA_URL".to_owned(), "http://127.0.0.1:9/v1".to_owned())];
    request.wanted_models = vec!["fake/model".to_owned()];
    let (stack, notices) = start(request).await;
    let stack = stack.unwrap();
    assert_eq!(stack.url(), format!("http://127.0.0.1:{port}"));
    assert!(!stack.reused() && notices.is_empty(), "{notices:?}");
    assert!(stack.info().taken.contains(&format!("a process on port {port}")), "{}", stack.info().taken);
    let log = std::fs::read_to_string(stack.info().log.as_ref().unwrap()).unwrap();
    let expected =
        format!("got serve starter --port {port} --until-stdin-closes, OLLAMA_URL=http://127.0.0.1:9/v1\n");
    assert!(log.starts_with(&expected), "{log}");
    stack.stop().await;
    assert!(!listens(port).await);
}

#[tokio::test]
async fn a_dropped_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (request, port) = server(folder.path(), "$SERVE");
    drop(start(request).await.0.unwrap());
    closed(port).await;
}

#[tokio::test]
async fn a_run_that_is_killed_leaves_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let (_, port) = server(folder.path(), "$SERVE");
    let mut run = fake_run(folder.path(), port);
    while !folder.path().join("ready").exists() {
        assert!(run.try_wait().unwrap().is_none(), "the run ended early");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(listens(port).await);
    // SIGKILL: it has no chance to stop its server.
    run.kill().unwrap();
    run.wait().unwrap();
    closed(port).await;
}

#[tokio::test]
async fn one_that_ignores_the_request_to_end_is_killed_with_all_it_started() {
    let folder = tempfile::tempdir().unwrap();
    // The one that serves is a child of the script, and ignores SIGTERM as the script does. Its stdin stays open.
    let script = "trap '' TERM; exec 3<&0; ($SERVE) <&3 & wait";
    let (mut request, port) = server(folder.path(), script);
    request.stop_grace = Duration::from_millis(50);
    let stack = start(request).await.0.unwrap();
    stack.stop().await;
    closed(port).await;
}

#[tokio::test]
async fn a_server_that_dies_early_fails_at_once_with_the_end_of_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let script = "for n in 1 2 3; do echo line $n; done; echo no such table, key $SOME_API_KEY >&2; exit 3";
    let (mut request, _) = server(folder.path(), script);
    request.env = vec![("SOME_API_KEY".to_owned(), "made-up-key".to_owned())];
    request.redactor = stack_test::text::Redactor::new(["made-up-key"]);
    let log = request.log_dir.join("server.log");
    let text = refused(request).await;
    assert!(text.contains("ended before it was ready: exit status 3"), "{text}");
    assert!(text.contains("line 3") && text.contains("no such table, key ***"), "{text}");
    assert!(text.contains("server.log"), "{text}");
    // Nor is it in the file.
    assert_eq!(std::fs::read_to_string(log).unwrap(), "line 1\nline 2\nline 3\nno such table, key ***\n");
}

#[tokio::test]
async fn a_server_that_dies_later_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (request, port) = server(folder.path(), "echo hello from the server; $SERVE");
    let stack = start(request).await.0.unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    socket.write_all(b"GET /die HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let died = stack.wait_died().await;
    let told = died.diagnostic("meanwhile").render(false);
    assert!(told.contains("exit status 7") && told.contains("hello from the server"), "{told}");
    assert!(!told.contains("GET /v1/"), "{told}");
    stack.stop().await;
}

#[tokio::test]
async fn a_server_that_never_listens_is_given_up_and_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut request, _) = server(folder.path(), "echo loading; echo $$ > \"$PID_FILE\"; exec sleep 1000");
    let pid_file = folder.path().join("pid");
    request.env = vec![("PID_FILE".to_owned(), pid_file.display().to_string())];
    request.ready_timeout = Duration::from_millis(300);
    let text = refused(request).await;
    assert!(text.contains("is not ready after") && text.contains("nothing listens there"), "{text}");
    assert!(text.contains("loading"), "{text}");
    assert!(!lives(&pid_file), "it was reaped");
}

#[tokio::test]
async fn a_cancelled_start_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut request, _) = server(folder.path(), "echo $$ > \"$PID_FILE\"; exec sleep 1000");
    let pid_file = folder.path().join("pid");
    request.env = vec![("PID_FILE".to_owned(), pid_file.display().to_string())];
    let cancel = CancellationToken::new();
    let starting = stack::start(request, cancel.clone(), &|_| ());
    let cancelling = async {
        while !std::fs::read_to_string(&pid_file).is_ok_and(|pid| pid.ends_with('\n')) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
    };
    let (stack, ()) = tokio::join!(starting, cancelling);
    assert!(matches!(stack, Err(Error::Cancelled)), "{stack:?}");
    while lives(&pid_file) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn somebody_elses_answer_is_not_taken_for_the_childs() {
    let folder = tempfile::tempdir().unwrap();
    let script = "echo the port is taken; until [ -e \"$GO_FILE\" ]; do sleep 0.01; done; sleep 0.3; exit 98";
    let (mut request, port) = server(folder.path(), script);
    let go_file = folder.path().join("go");
    request.env = vec![("GO_FILE".to_owned(), go_file.display().to_string())];
    let log = request.log_dir.join("server.log");
    let clashing = async {
        while !std::fs::read_to_string(&log).is_ok_and(|log| log.ends_with('\n')) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let answers = move |path: &str| {
            // From here on the answers are those of a stack that is ready; the child finds out a moment later.
            if path == "/v1/health" {
                std::fs::write(&go_file, "").unwrap();
            }
            healthy(path, &[])
        };
        serve_on(listener, Arc::new(answers)).await;
    };
    let text = tokio::select! {
        text = refused(request) => text,
        () = clashing => unreachable!("it serves for ever"),
    };
    assert!(text.contains("exit status 98") && text.contains("the port is taken"), "{text}");
}

/// Whether the process whose id the file holds is there and was not reaped.
fn lives(pid_file: &Path) -> bool {
    let pid = std::fs::read_to_string(pid_file).unwrap().trim().parse().unwrap();
    rustix::process::test_kill_process(rustix::process::Pid::from_raw(pid).unwrap()).is_ok()
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let request = request(&format!("server:starter:{}", free_port()), folder.path());
    let text = refused(request).await;
    assert!(text.contains("cannot run /nowhere/stack-test"), "{text}");
}

#[tokio::test]
async fn a_healthy_server_on_the_port_is_reused_and_left_running() {
    let folder = tempfile::tempdir().unwrap();
    let port = fake(|path| healthy(path, &["a/b"])).await;
    let mut request = request(&format!("server:starter:{port}"), folder.path());
    let (stack, notices) = start(request.clone()).await;
    let stack = stack.unwrap();
    assert!(stack.reused() && stack.info().log.is_none());
    assert!(notices[0].starts_with(&format!("reusing the server on port {port}")), "{notices:?}");
    stack.stop().await;
    assert!(listens(port).await);

    request.force_restart = true;
    let text = refused(request).await;
    assert!(text.contains("not ours to restart"), "{text}");
}

#[tokio::test]
async fn something_else_on_the_port_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let port = fake(|_| None).await;
    let text = refused(request(&format!("server:starter:{port}"), folder.path())).await;
    assert!(text.contains(&format!("port {port} is taken by")), "{text}");
    assert!(text.contains("404 to /v1/health"), "{text}");
    if cfg!(target_os = "linux") {
        assert!(text.contains(&format!("(process {})", std::process::id())), "{text}");
    }
}

#[tokio::test]
async fn something_on_the_port_that_speaks_no_http_is_no_stack() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut asked = [0; 64];
            let _ = socket.read(&mut asked).await;
            let _ = socket.write_all(b"220 mail.example ESMTP\r\n").await;
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let text = refused(request(&format!("server:starter:{port}"), folder.path())).await;
    assert!(text.contains("is taken by") && text.contains("no healthy stack"), "{text}");
}

#[tokio::test]
async fn what_comes_later_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for config in ["nvidia", "server:nvidia:1", "ci-tests::run.yaml"] {
        let text = refused(request(config, folder.path())).await;
        assert!(text.contains("needs an installed Llama Stack or OGX"), "{text}");
    }
}
