//! The same cases against several stacks, and copies of one.

use crate::run::stacks::{CHAT, recorded_at};
use crate::support::{Ask, Gate, Project, Reply, Server, free_port};
use rustix::process::Signal;
use serde_json::Value;
use std::sync::Arc;

/// One case for each thing that may differ, and one that does not.
const CASES: &str = "
cases:
  - { name: same, steps: [{ get: /same, expect: { status: 200 } }] }
  - { name: outcome, steps: [{ get: /outcome, expect: { $.ok: true } }] }
  - { name: status, steps: [{ get: /status, expect: { status: { ge: 200 } } }] }
  - { name: shape, steps: [{ get: /same }, { get: /shape }] }
  - { name: text, steps: [{ post: /text, json: {} }] }
  - { name: events, steps: [{ post: /events, json: {} }] }
";

/// A stack that answers [`CASES`] in one way or the other.
fn stack(other: bool) -> Server {
    Server::stack(move |ask: &Ask, reply: &mut Reply<'_>| {
        let either = |one: &'static str, two: &'static str| if other { two } else { one };
        match ask.path.as_str() {
            "/outcome" => reply.json(200, either(r#"{"ok":true}"#, r#"{"ok":false}"#)),
            "/status" => reply.json(if other { 202 } else { 200 }, "{}"),
            "/shape" => {
                reply.json(200, either(r#"{"data":[{"n":1}],"usage":{"a":1}}"#, r#"{"data":[{"n":"1"}]}"#))
            }
            "/text" => {
                let words = either("Saturn has rings", "Saturn has moons");
                reply.json(200, &crate::support::completion(words));
            }
            "/events" => {
                reply.begin("text/event-stream");
                reply.piece("data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n");
                if !other {
                    reply.piece("data: [DONE]\n\n");
                }
                reply.piece("");
            }
            _ => {
                // Ids differ from run to run.
                let id = either("file-0123456789abcdef", "file-fedcba9876543210");
                reply.json(200, &format!(r#"{{"id":"{id}","n":1}}"#));
            }
        }
    })
}

fn run<'a>(project: &Project, servers: [&'a str; 2], more: &[&'a str]) -> crate::support::Ended {
    let args = ["run", "a", "--stack-config", servers[0], "--stack-config", servers[1]];
    project.run(args.into_iter().chain(more.iter().copied()))
}

/// What differs of a case, as aspect and place.
fn differing(document: &Value, case: &str) -> Vec<String> {
    let cases = document["cases"].as_array().unwrap();
    let found = cases.iter().filter(|it| it["case"] == case).flat_map(|it| it["differences"].as_array());
    let word = |it: &Value, key: &str| it[key].as_str().unwrap_or("-").to_owned();
    let line = |it: &Value| {
        format!(
            "{} {} {}: {} | {}",
            word(it, "aspect"),
            word(it, "step"),
            word(it, "at"),
            word(it, "baseline"),
            word(it, "other")
        )
    };
    found.flatten().map(line).collect()
}

#[test]
fn what_differs_between_two_stacks_is_told_in_all_reports() {
    let (one, two) = (stack(false), stack(true));
    let project = Project::with(CASES);
    let (first, second) = (one.url(), two.url());
    let reports = ["--report", "json=r.json", "--report", "junit=j.xml", "--report", "markdown=m.md"];
    let ended = run(&project, [&first, &second], &reports);
    // The case that fails fails the run; that the stacks differ does not.
    let names = [format!("127.0.0.1:{}", one.port()), format!("127.0.0.1:{}", two.port())];
    ended.expect(
        1,
        &[
            &format!("differences from {}", names[0]),
            "5 of 6 cases differ: 1 in outcome, 1 in status, 2 in shape, 1 in events, 2 in text",
            "12 cases: 11 passed, 1 failed",
            "7 differences between the stacks",
            &format!("a::outcome on {}", names[1]),
        ],
    );
    assert_eq!(ended.cases().len(), 12);
    let document: Value = serde_json::from_str(&project.read("r.json")).unwrap();
    assert_eq!(document["stacks"][1]["name"], *names[1]);
    assert_eq!(document["stacks"][1]["mode"], "live");
    for (case, expected) in [
        ("same", &[][..]),
        (
            "outcome",
            &["outcome - -: passed | failed", "text 1 GET /outcome -: {\"ok\":true} | {\"ok\":false}"],
        ),
        ("status", &["status 1 GET /status -: 200 | 202"]),
        (
            "shape",
            &[
                "shape 2 GET /shape $.data[].n: number | string",
                "shape 2 GET /shape $.usage: object | absent",
            ],
        ),
        ("text", &["text 1 POST /text -: Saturn has rings | Saturn has moons"]),
        ("events", &["events 1 POST /events event kind 2: [DONE] | the end"]),
    ] {
        assert_eq!(differing(&document, case), expected, "{case}");
    }
    let junit = project.junit("j.xml");
    let suites: Vec<&str> = junit.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(suites, [format!("a on {}", names[0]), format!("a on {}", names[1])]);
    let xml = project.read("j.xml");
    assert!(xml.contains("status of 1 GET /status: 202; at the first stack 200"), "{xml}");
    let page = project.read("m.md");
    assert!(page.contains("### Differences from 127.0.0.1") && page.contains("| 200 |"), "{page}");
}

#[test]
fn what_a_stack_does_otherwise_everywhere_is_told_once() {
    let (one, two) = (stack(false), stack(true));
    let case = |name: &str, path: &str| format!("  - {{ name: {name}, steps: [{{ get: {path} }}] }}\n");
    let cases: String = ["s1", "s2", "s3"]
        .into_iter()
        .map(|name| case(name, "/shape"))
        .chain([case("t", "/status")])
        .collect();
    let project = Project::with(&format!("cases:\n{cases}"));
    let ended = run(&project, [&one.url(), &two.url()], &[]);
    ended.expect(0, &["4 of 4 cases differ: 1 in status, 6 in shape", "7 differences between the stacks"]);
    let rows: Vec<&str> = ended.stdout.lines().filter(|line| line.contains(" GET /")).collect();
    let [status, number, usage] = rows[..] else { panic!("three rows: {rows:#?}") };
    assert!(status.starts_with("a::t  ") && status.contains("202"), "{status}");
    assert!(number.starts_with("a::s1 and 2 more  ") && number.contains("$.data[].n"), "{number}");
    assert!(usage.starts_with("a::s1 and 2 more  ") && usage.contains("$.usage"), "{usage}");
}

#[test]
fn differences_fail_the_run_where_that_is_asked_for() {
    let (one, two) = (stack(false), stack(true));
    let project = Project::with(CASES);
    let (first, second) = (one.url(), two.url());
    for (case, report, fail, strict) in [("same", 0, 0, 0), ("text", 0, 0, 1), ("status", 0, 1, 1)] {
        for (word, code) in [("report", report), ("fail", fail), ("strict", strict)] {
            let id = format!("a::{case}");
            let ended = run(&project, [&first, &second], &["-k", &id, "--differences", word]);
            ended.expect(code, &["differences from"]);
        }
    }
}

#[test]
fn the_shipped_suites_go_the_same_way_twice_and_on_copies() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let (suites, recordings) = (format!("{root}suites"), format!("{root}recordings"));
    let project = Project::new();
    let args =
        ["run", "base", "--suites-dir", &suites, "--recordings", &recordings, "--stack-config", "starter"];
    let twice = ["--stack-config", "starter", "--report", "json=r.json", "--differences", "strict"];
    let ended = project.run(args.into_iter().chain(twice));
    ended.expect(0, &["differences from starter\nnone in", "starter#2: stack ready"]);
    let copies = project.run(args.into_iter().chain(["--stacks", "3", "--report", "json=c.json"]));
    copies.expect(0, &["3 copies of: embedded stack"]).expect_not("differences");
    let document: Value = serde_json::from_str(&project.read("c.json")).unwrap();
    assert_eq!(document["stack"]["copies"], 3);
    assert!(document["cases"].as_array().unwrap().len() > 50);
}

#[test]
fn cases_are_spread_over_copies_and_stay_where_they_are() {
    // Each copy has files of its own: a case that went on at another one would not find its file. All cases are in flight
    // at once, so that each copy has as many of them as the others.
    let gate = Arc::new(Gate::default());
    let provider = Server::stuck_provider(&gate);
    let cases: String = (0..9)
        .map(|n| {
            format!(
                "  - name: case{n}
    steps:
      - post: /v1/files
        multipart: {{ purpose: assistants, file: {{ name: a.txt, content_type: text/plain, text: 'hello {n}' }} }}
        capture: {{ id: $.id }}
      - post: /v1/chat/completions
        json: {{ model: ollama/fake, messages: [{{ role: user, content: hello }}] }}
      - get: /v1/files
        expect: {{ $.data: {{ len: 3 }} }}
      - get: /v1/files/{{{{ id }}}}
"
            )
        })
        .collect();
    let project = Project::with(&format!("cases:\n{cases}"));
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let config = "inference=ollama,files=localfs";
    let args =
        ["run", "a", "--stack-config", config, "--stacks", "3", "--env", &url, "--inference-mode", "live"];
    let run = project.start(args);
    gate.arrived(9);
    gate.open();
    run.end().expect(0, &["9 cases: 9 passed", "3 copies of"]);
}

#[test]
fn a_stack_that_does_not_start_costs_its_own_cases_only() {
    let server = stack(false);
    let project = Project::with(CASES);
    let (absent, there) = (format!("http://127.0.0.1:{}", free_port()), server.url());
    for order in [[&absent, &there], [&there, &absent]] {
        let ended = run(&project, order.map(String::as_str), &["--report", "junit=j.xml"]);
        let name = absent.strip_prefix("http://").unwrap();
        ended.expect(
            3,
            &[
                "no case ended at both",
                "BROKEN: 6 cases: 6 passed",
                "6 of 12 cases did not run",
                &format!("{name}: "),
            ],
        );
        let junit = project.junit("j.xml");
        assert_eq!((junit.errors, junit.failures), (1, 0));
    }
}

#[test]
fn a_stack_that_dies_ends_nothing_but_its_own_cases() {
    let project = Project::with(CHAT);
    let gate = Arc::new(Gate::default());
    let stuck = Server::stuck_provider(&gate);
    let stuck_url = format!("OLLAMA_URL={}/v1", stuck.url());
    let config = format!("server:starter:{}", free_port());
    let args = [
        "run",
        "a",
        "--stack-config",
        &config,
        "--stack-config",
        "starter",
        "--inference-mode",
        "live",
        "--env",
        &stuck_url,
    ];
    let run = project.start(args);
    gate.arrived(1);
    let child =
        crate::support::processes_of(project.root()).into_iter().find(|pid| *pid != run.pid()).unwrap();
    crate::support::signal_to(child, Signal::KILL);
    run.line("the stack failed");
    gate.open();
    let ended = run.end();
    ended.expect(3, &["the stack died during the run", "starter: stack ready", "1 passed"]);
}

#[test]
fn ctrl_c_ends_the_stack_it_meets_and_all_that_would_follow() {
    let gate = Arc::new(Gate::default());
    let stuck = Arc::clone(&gate);
    let server = Server::stack(move |_, reply| {
        stuck.pass();
        reply.json(200, "{}");
    });
    let never = stack(true);
    let project = Project::with(CASES);
    let (first, second) = (server.url(), never.url());
    let args = [
        "run",
        "a",
        "-j",
        "1",
        "--stack-config",
        &first,
        "--stack-config",
        &second,
        "--report",
        "junit=j.xml",
    ];
    let run = project.start(args);
    gate.arrived(1);
    run.signal(Signal::INT);
    let ended = run.end();
    gate.open();
    ended.expect(2, &["INTERRUPTED", "11 of 12 cases did not run"]);
    assert_eq!(never.lines(), Vec::<String>::new());
    assert!(project.read("j.xml").contains("interrupted"));
}

#[test]
fn what_a_stack_makes_of_a_missing_recording_is_no_difference() {
    let project = Project::with(
        "cases:\n  - name: chat\n    steps: [{ post: /v1/chat/completions, json: { model: ollama/x, messages: [{ role: user, content: Say hello }] } }]\n",
    );
    let twice =
        ["run", "a", "--text-model", "ollama/x", "--stack-config", "starter", "--stack-config", "starter"];
    project
        .run(twice)
        .expect(1, &["no recording answers", "differences from starter\nno case ended at both"]);
}

#[test]
fn the_first_failure_of_any_stack_ends_the_run_with_x() {
    let (one, two) = (stack(false), stack(true));
    let project = Project::with(CASES);
    let servers = [two.url(), one.url()];
    run(&project, [&servers[0], &servers[1]], &["-x", "-j", "1"]).expect(1, &["--maxfail", "did not run"]);
    assert_eq!(one.lines(), Vec::<String>::new());
}

#[test]
fn one_of_ours_replays_and_one_of_others_is_live() {
    let provider = Server::provider("hello");
    let project = Project::with(CHAT);
    recorded_at(&project);
    let elsewhere = Project::new();
    let url = format!("{}/v1", provider.url());
    let port = free_port();
    let server =
        elsewhere.start_with(["serve", "starter", "--port", &port.to_string()], &[("OLLAMA_URL", &url)]);
    server.line("http://127.0.0.1:");
    let theirs = format!("http://127.0.0.1:{port}");
    let ours = format!("OLLAMA_URL={url}");
    let ended = run(&project, ["starter", &theirs], &["--env", &ours, "--report", "json=r.json"]);
    ended.expect(0, &["1 replayed", "none in 1 case", "2 passed"]);
    let document: Value = serde_json::from_str(&project.read("r.json")).unwrap();
    assert_eq!([&document["stacks"][0]["mode"], &document["stacks"][1]["mode"]], ["replay", "live"]);
    assert_eq!(provider.asks().len(), 1);
    server.signal(Signal::TERM);
    server.end();
}

#[test]
fn stacks_may_stand_in_the_settings_and_what_makes_no_sense_is_refused() {
    let (one, two) = (stack(false), stack(true));
    let project = Project::with(CASES);
    let list = format!("run:\n  stack_config: [{:?}, {:?}]\n  differences: fail\n", one.url(), two.url());
    project.file("stack-test.yaml", list);
    project.run(["run", "a", "-k", "status"]).expect(1, &["1 of 1 case differs: 1 in status"]);
    for (args, words) in [
        (&["record", "a"][..], "cannot be recorded at once"),
        (&["run", "a", "--stacks", "2"], "copies of each of 2 stacks"),
        (&["run", "a", "--update-snapshots"], "snapshots cannot be written from 2 stacks"),
        (
            &["run", "a", "--runtime", "builtin", "--runtime", "auto", "--runtime", "auto"],
            "3 runtimes for 2 stacks",
        ),
        (&["run", "a", "--stack-config", "http://127.0.0.1:1", "--stacks", "2"], "is one server"),
        (&["run", "a", "--stack-config", "server:starter", "--stacks", "2"], "is one server"),
        (&["run", "a", "--stacks", "0"], "from 1 to 64"),
    ] {
        project.run(args.iter().copied()).expect(4, &[words]);
    }
    assert_eq!(two.lines().len(), 1);
}

#[test]
fn each_stack_may_have_models_of_its_own() {
    let provider = Server::new(|ask, reply| match ask.path.as_str() {
        "/v1/models" => {
            reply.json(200, r#"{"data":[{"id":"one","object":"model"},{"id":"two","object":"model"}]}"#)
        }
        _ => reply
            .json(200, &crate::support::completion(if ask.body.contains("one") { "hello" } else { "hi" })),
    });
    let project = Project::with(
        "cases:
  - name: chat
    models: [text_model]
    steps:
      - post: /v1/chat/completions
        json: { model: '{{ text_model }}', messages: [{ role: user, content: Say hello }] }
",
    );
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let args = ["run", "a", "--stack-config", "starter", "--stack-config", "starter", "--env", &url];
    let models = ["--text-model", "ollama/one", "--text-model", "ollama/two", "--inference-mode", "live"];
    let ended = project.run(args.into_iter().chain(models));
    ended.expect(
        0,
        &[
            "1 of 1 case differs: 1 in text",
            "hello",
            "a::chat[txt=ollama/one]  on starter\n",
            "two]  on starter#2",
        ],
    );
    let three = ["--text-model", "a", "--text-model", "b", "--text-model", "c"];
    project.run(args.into_iter().chain(three)).expect(4, &["3 of `--text-model` for 2 stacks"]);
}

#[test]
fn a_secret_is_not_shown_in_part_where_answers_are_cut_short() {
    let secret = "made-up-secret-value-that-is-rather-long-and-has-no-blank-0123456789-0123456789-0123456789";
    let server = |word: &'static str| {
        Server::stack(move |_, reply| {
            let words = format!("{word} is what {secret} and {secret}");
            reply.json(200, &crate::support::completion(&words));
        })
    };
    let (one, two) = (server("this"), server("that"));
    let project = Project::with("cases: [{ name: text, steps: [{ post: /text, json: {} }] }]");
    let (first, second) = (one.url(), two.url());
    let more = ["--secret", secret, "--report", "json=r.json", "--report", "markdown=m.md"];
    let ended = run(&project, [&first, &second], &more);
    ended.expect(0, &["this is what", "1 in text"]).expect_not("made-up");
    assert!(!project.read("r.json").contains("made-up") && !project.read("m.md").contains("made-up"));
}
