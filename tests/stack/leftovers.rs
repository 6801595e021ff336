//! What a killed run wrote down: only what is provably what was written down is ended.

use super::child::program;
use super::fake::{free_port, request, start};
use stack_test::process::Identity;
use stack_test::stack::clear_leftovers;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

/// A process that nobody waits for to end, leading a group as servers do.
fn sleeper() -> Child {
    Command::new("sleep").arg("1000").process_group(0).spawn().unwrap()
}

/// A process that has ended.
fn dead() -> Identity {
    let mut child = sleeper();
    let identity = Identity::of(child.id()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!identity.lives());
    identity
}

fn note(runs: &Path, owner: Identity, realm: &str, process: Identity) {
    let json =
        |identity: Identity| format!(r#""pid":{},"started":{}"#, identity.pid, identity.started.unwrap());
    let text = format!(
        r#"{{"format":1,"realm":"{realm}","owner":{{{}}},"process":{{{},"leads":true,"what":"fake server"}}}}"#,
        json(owner),
        json(process)
    );
    let run = runs.join("a-run");
    std::fs::create_dir_all(&run).unwrap();
    std::fs::write(run.join("started-1.json"), text).unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn only_what_can_be_proven_to_be_ours_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path();
    let mut child = sleeper();
    let process = Identity::of(child.id()).unwrap();
    let realm = Identity::realm();
    let another = Identity { started: process.started.map(|started| started + 1), ..process };
    // A run that goes on, another machine, and a later process of the same number.
    for (owner, realm, process) in [
        (Identity::own(), realm.as_str(), process),
        (dead(), "another boot pid:[1]", process),
        (dead(), realm.as_str(), another),
    ] {
        note(runs, owner, realm, process);
        assert_eq!(clear_leftovers(runs, &[]).await, Vec::<String>::new());
        assert!(child.try_wait().unwrap().is_none());
    }
    assert!(!runs.join("a-run").exists(), "nothing is left of what is gone");
    note(runs, dead(), &realm, process);
    std::fs::write(runs.join("a-run/server.log"), "").unwrap();
    // Reaped meanwhile, as what a killed run leaves is by the system.
    let reaping = tokio::task::spawn_blocking(move || child.wait().unwrap());
    let told = clear_leftovers(runs, &[]).await;
    let expected =
        format!("a run that was killed left its fake server running (process {}): it was ended", process.pid);
    assert_eq!(told, [expected]);
    reaping.await.unwrap();
    assert!(runs.join("a-run/server.log").exists() && !runs.join("a-run/started-1.json").exists());
}

#[tokio::test]
async fn what_is_no_note_of_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("a-run");
    std::fs::create_dir_all(&run).unwrap();
    for text in
        ["", "[]", "{}", r#"{"format":2}"#, r#"{"format":1,"owner":{"pid":-1},"realm":"x","process":{}}"#]
    {
        std::fs::write(run.join("started-x.json"), text).unwrap();
        assert_eq!(clear_leftovers(folder.path(), &[]).await, Vec::<String>::new());
        assert!(run.join("started-x.json").exists(), "{text}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_is_written_down_as_long_as_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut request = request(&format!("server:starter:{}", free_port()), folder.path());
    request.exe = program(folder.path(), "$SERVE");
    let stack = start(request).await.0.unwrap();
    let notes = || {
        let entries = std::fs::read_dir(folder.path()).unwrap().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("started-")).count()
    };
    assert_eq!(notes(), 1);
    stack.stop().await;
    assert_eq!(notes(), 0);
}
