//! The programs that tests start: this very test program, told by a variable to be a server, or to be a run that has one.

use super::fake::{healthy, request, serve_on, start};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Names the port to serve on; without it this program tests.
const PORT: &str = "STACK_TEST_FAKE_PORT";

/// The file name of a program made by [`program`].
const PROGRAM: &str = "fake-stack-test";

/// Where the arguments given by stack-test have the port: `serve <config> --port N …`.
const SERVE: &str = r#"STACK_TEST_FAKE_PORT="$4" exec "$FAKE" --exact child::fake_server --nocapture"#;

/// A program that runs `script` in a shell, where `$SERVE` serves.
pub(super) fn program(folder: &Path, script: &str) -> PathBuf {
    let path = folder.join(PROGRAM);
    let fake = std::env::current_exe().unwrap();
    let script = script.replace("$SERVE", SERVE).replace("$FAKE", fake.to_str().unwrap());
    write_program(&path, &format!("#!/bin/sh\n{script}\n"));
    path
}

/// Written by another process: a file that is open for writing in this one while another thread forks cannot be run.
fn write_program(path: &Path, text: &str) {
    let status = std::process::Command::new("/bin/sh")
        .args(["-c", r#"printf '%s' "$1" > "$0" && chmod 755 "$0""#, path.to_str().unwrap(), text])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Names the folder of a run: it has the server's program, and gets a file `ready`.
const RUN: &str = "STACK_TEST_FAKE_RUN";

/// Runs this program as one that has started a server on `port` with the program in `folder`.
pub(super) fn fake_run(folder: &Path, port: u16) -> std::process::Child {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child::run_with_a_server", "--nocapture"])
        .env(RUN, folder)
        .env("STACK_TEST_FAKE_RUN_PORT", port.to_string())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn run_with_a_server() {
    let Ok(folder) = std::env::var(RUN).map(PathBuf::from) else { return };
    let port = std::env::var("STACK_TEST_FAKE_RUN_PORT").unwrap();
    let mut request = request(&format!("server:starter:{port}"), &folder);
    request.exe = folder.join(PROGRAM);
    let stack = start(request).await.0.unwrap();
    std::fs::write(folder.join("ready"), "").unwrap();
    stack.wait_died().await;
}

#[tokio::test]
async fn fake_server() {
    let Ok(port) = std::env::var(PORT) else { return };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    let serving = serve_on(
        listener,
        Arc::new(|path| {
            if path == "/die" {
                std::process::exit(7);
            }
            healthy(path, &["fake/model"])
        }),
    );
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    serving.await;
}
