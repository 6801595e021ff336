//! Recordings that cannot be read, or not be written.

use crate::run::stacks::{CHAT, recorded_at};
use crate::support::{Ended, Gate, Project, Server};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

const REPLAY: [&str; 8] = [
    "run",
    "a",
    "--stack-config",
    "starter",
    "--env",
    "OLLAMA_URL=http://127.0.0.1:9/v1",
    "--report",
    "junit=j.xml",
];

/// What a replay says when the recording was changed so.
fn replay_of(change: impl Fn(&str) -> String) -> Ended {
    let project = Project::with(CHAT);
    let (path, text) = recorded_at(&project);
    project.file(&path, change(&text));
    let ended = project.run(REPLAY);
    ended.expect(3, &["chat.json:"]);
    assert!(project.junit("j.xml").errors >= 1);
    ended
}

fn record(project: &Project, provider: &Server) -> Ended {
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    project.run(["record", "a", "--stack-config", "starter", "--env", &url])
}

#[test]
fn a_recording_that_is_broken_names_its_file_and_place() {
    replay_of(|text| text[..text.len() / 2].to_owned()).expect(3, &["no complete recording", "record again"]);
    replay_of(|_| String::new()).expect(3, &["chat.json:1:", "no complete recording"]);
    replay_of(|text| text.replacen("\"exchanges\"", "\"exchnages\"", 1)).expect(3, &["exchnages"]);
    replay_of(|text| text.replace("a::chat", "a::other")).expect(3, &["belongs to `a::other`"]);
    replay_of(|text| text.replace("<<<<<<<", "").replacen('{', "<<<<<<< HEAD\n{", 1))
        .expect(3, &["chat.json:1:1"]);
}

#[test]
fn a_recording_of_a_later_version_asks_for_an_upgrade() {
    let later = |text: &str| {
        text.replacen("\"stack-test-recording\": 1", "\"stack-test-recording\": 2,\n  \"new\": true", 1)
    };
    replay_of(later).expect(3, &["has format 2", "upgrade"]);
}

#[test]
fn a_broken_recording_can_be_recorded_again() {
    let project = Project::with(CHAT);
    let (path, text) = recorded_at(&project);
    project.file(&path, &text[..text.len() / 2]);
    record(&project, &Server::provider("hello")).expect(0, &["1 recorded"]);
    assert_eq!(project.read(&path), text);
}

#[test]
fn recordings_that_cannot_be_written_are_known_before_a_provider_is_asked() {
    let provider = Server::provider("hello");
    let project = Project::with(CHAT);
    project.file("recordings", "a file where the folder should be");
    record(&project, &provider).expect(3, &["cannot write recordings to", "make the folder writable"]);
    assert_eq!(provider.lines(), Vec::<String>::new());
    assert_eq!(project.read("recordings"), "a file where the folder should be");
}

#[test]
fn a_folder_that_goes_while_recording_is_an_error_of_the_run() {
    let gate = Arc::new(Gate::default());
    let provider = Server::stuck_provider(&gate);
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let project = Project::with(CHAT);
    let run =
        project.start(["record", "a", "--stack-config", "starter", "--env", &url, "--report", "junit=j.xml"]);
    gate.arrived(1);
    fs::remove_dir_all(project.path("recordings")).unwrap();
    project.file("recordings", "a file where the folder was");
    gate.open();
    run.end().expect(3, &["1 passed", "cannot write recordings to"]);
    assert!(project.junit("j.xml").errors >= 1);
}

#[test]
fn a_read_only_folder_is_told_like_one() {
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: nothing is read-only for root");
        return;
    }
    let project = Project::with(CHAT);
    let folder = project.path("recordings");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    let provider = Server::provider("hello");
    record(&project, &provider).expect(3, &["cannot write recordings to", "make the folder writable"]);
    assert_eq!(provider.lines(), Vec::<String>::new());
}

#[test]
fn a_folder_that_is_a_link_leads_nowhere() {
    let project = Project::with(CHAT);
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(project.path("recordings")).unwrap();
    std::os::unix::fs::symlink(outside.path(), project.path("recordings/default")).unwrap();
    record(&project, &Server::provider("hello")).expect(3, &["is a symbolic link"]);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn names_of_cases_stay_in_the_folder() {
    let names = ["../../escape", "/etc/passwd", "größe 🚀", "..", "a/b", "CON", "con", "%2e", "_session"];
    let mut suite = "cases:\n".to_owned();
    for name in names {
        suite.push_str(&CHAT.replace("\ncases:\n", "").replace("name: chat", &format!("name: \"{name}\"")));
    }
    let project = Project::new();
    project.file("suites/sub/a.yaml", &suite);
    let provider = Server::provider("hello");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let args = ["sub/a", "--stack-config", "starter", "--env", &url, "--report", "junit=j.xml"];
    let before = project.files(".").len();
    let count = format!("{} recorded", names.len());
    project.run(["record"].into_iter().chain(args)).expect(0, &[&count]);
    let kept = project.files("recordings/default/sub/a");
    assert_eq!(kept.len(), names.len(), "{kept:?}");
    assert!(kept.iter().all(|file| file.is_ascii()), "{kept:?}");
    // The settings, the suite and the placeholder were there; the report and perhaps the session's calls came.
    let others: Vec<String> =
        project.files(".").into_iter().filter(|file| !file.contains("/sub/a")).collect();
    assert!(others.len() <= before + 2, "{others:?}");
    drop(provider);
    project.run(["run"].into_iter().chain(args)).expect(0, &[&format!("{} replayed", names.len())]);
    assert_eq!(project.junit("j.xml").tests, names.len());
}

#[test]
fn what_failed_while_recording_does_not_replace_what_was_there() {
    let project = Project::with(CHAT);
    let (path, before) = recorded_at(&project);
    record(&project, &Server::provider("goodbye")).expect(1, &["goodbye"]);
    assert_eq!(project.read(&path), before);
    project.run(REPLAY).expect(0, &["1 replayed"]);
}

#[test]
fn a_provider_that_is_not_there_is_an_error_and_no_recording() {
    let failing = CHAT.replace("name: chat", "name: chat\n    xfail: it fails\n");
    let project = Project::with(&failing);
    let args = ["record", "a", "--stack-config", "starter", "--env", "OLLAMA_URL=http://127.0.0.1:9/v1"];
    project.run(args).expect(
        3,
        &[
            "1 xfailed",
            "the provider `ollama` cannot be reached at http://127.0.0.1:9/v1 (connection refused)",
            "nothing was recorded of `a::chat`",
        ],
    );
    assert_eq!(project.files("recordings"), Vec::<String>::new());
    project.run(args.into_iter().chain(["--keep-failed"])).expect(0, &["1 recorded"]);
    let failing = Project::with(CHAT);
    failing
        .run(args)
        .expect(
            1,
            &["1 failed", "the provider `ollama` cannot be reached", "nothing was recorded of `a::chat`"],
        )
        .expect_not("of the case that failed");
    assert!(project.read("recordings/default/a/chat.json").contains("\"end\": \"refused\""));
}
