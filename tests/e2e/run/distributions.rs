//! Servers of the project's own, by `distributions:`. They are played by a few lines of Python; skipped, with a message, where
//! there is none.

use super::stacks::CHAT;
use crate::support::{Ended, Project, Server, free_port, listens};
use std::io::Write as _;
use std::process::Command;

/// Asks its one provider what it is asked, and knows nothing of Llama Stack's routes.
const SERVER: &str = r#"
import http.server, os, sys, time, urllib.request
print("listens on", sys.argv[1], "serves", sys.argv[2], "level", os.environ["LEVEL"], flush=True)
if os.environ.get("DOES") == "die": sys.exit("cannot find my model")
if os.environ.get("DOES") == "hang": time.sleep(60)
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(200 if self.path == "/livez" else 404, b"{}")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).replace(b"ollama/", b"")
        asked = urllib.request.Request(os.environ["MY_LLM"] + "/chat/completions", body, {"content-type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked) as reply:
            self.answer(200, reply.read())
    def log_message(self, *words): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"#;

const SETTINGS: &str = r#"
distributions:
  gw:
    command: [python3, serve.py, "{{ port }}", "{{ config }}"]
    health: /livez
    env: { LEVEL: "at {{port}}" }
    providers: { ollama: MY_LLM }
"#;

fn project() -> Option<Project> {
    let asked = Command::new("python3").arg("--version").output();
    if !asked.is_ok_and(|asked| asked.status.success()) {
        let _ = writeln!(std::io::stderr(), "skipped: there is no python3 on PATH");
        return None;
    }
    let project = Project::with(CHAT);
    project.file("serve.py", SERVER);
    project.file("stack-test.yaml", SETTINGS);
    Some(project)
}

fn run<'a>(project: &Project, args: impl IntoIterator<Item = &'a str>, env: &[(&str, &str)]) -> Ended {
    let env: Vec<_> = [("STACK_TEST_RUNTIME", "auto")].into_iter().chain(env.iter().copied()).collect();
    project.start_with(args, &env).end()
}

fn log(project: &Project) -> String {
    let logs = project.files("target/stack-test");
    project.read(logs.iter().rev().find(|path| path.ends_with("server.log")).unwrap())
}

#[test]
fn its_command_plays_it_and_its_provider_is_asked_at_the_gateway() {
    let Some(project) = project() else { return };
    let provider = Server::provider("hello");
    let url = format!("{}/v1", provider.url());
    let port = free_port();
    let server = format!("server:gw:{port}");
    let recorded = run(&project, ["record", "a", "--stack-config", &server], &[("MY_LLM", &url)]);
    recorded.expect(
        0,
        &["1 recorded", &format!("gw (python3 serve.py of stack-test.yaml), a process on port {port}")],
    );
    assert_eq!(provider.lines(), ["POST /v1/chat/completions"]);
    assert!(!listens(port));
    drop(provider);
    let other = ["run", "a", "--stack-config", "gw::other.yaml", "--runtime", "command"];
    run(&project, other, &[])
        .expect(4, &["there is no file `other.yaml` in", "the folder of stack-test.yaml"]);
    project.file("other.yaml", "");
    run(&project, other, &[])
        .expect(0, &["1 replayed", "gw::other.yaml (python3 serve.py of stack-test.yaml)"]);
    let log = log(&project);
    assert!(log.contains("serves other.yaml level at "), "{log}");
}

#[test]
fn a_provider_that_is_not_led_to_the_gateway_is_told_of() {
    let Some(project) = project() else { return };
    let provider = Server::provider("hello");
    let url = format!("{}/v1", provider.url());
    let record = ["record", "a", "--stack-config", "gw"];
    // The chosen models enable none, but the environment may.
    project.file("stack-test.yaml", SETTINGS.replace("    providers: { ollama: MY_LLM }\n", ""));
    let notices = ["no provider of `gw` is led to the gateway", "nothing was recorded: no provider call"];
    run(&project, record, &[("MY_LLM", &url)]).expect(0, &notices);
    run(&project, record, &[("MY_LLM", &url), ("OLLAMA_URL", &url)])
        .expect(0, &["it is told by OLLAMA_URL alone", notices[1]]);
    run(&project, ["run", "a", "--stack-config", "gw"], &[("MY_LLM", &url)]).expect(0, &notices[..1]);
    let live = ["run", "a", "--stack-config", "gw", "--inference-mode", "live"];
    run(&project, live, &[("MY_LLM", &url)]).expect(0, &[]).expect_not("is led to");
}

#[test]
fn one_that_forwards_baggage_is_recorded_side_by_side() {
    let Some(project) = project() else { return };
    let provider = Server::provider("hello");
    let url = format!("{}/v1", provider.url());
    let record = ["record", "a", "--stack-config", "gw"];
    run(&project, record, &[("MY_LLM", &url)]).expect(0, &["1 recorded", "one case at a time"]);
    project.file("stack-test.yaml", format!("{SETTINGS}    forwards_baggage: true\n"));
    run(&project, record, &[("MY_LLM", &url)]).expect(0, &["1 recorded"]).expect_not("one case at a time");
}

#[test]
fn telemetry_of_one_that_ran_already_is_not_waited_for() {
    let Some(project) = project() else { return };
    let server = Server::new(|_, reply| reply.json(200, "{}"));
    let traced =
        "cases: [{ name: one, steps: [{ get: /livez, expect: { spans: { any: { $.kind: server } } } }] }]\n";
    project.file("suites/a.yaml", traced);
    let config = format!("server:gw:{}", server.port());
    run(&project, ["run", "a", "--stack-config", &config, "-v"], &[])
        .expect(0, &["1 skipped", "the stack sends no telemetry here"]);
}

#[test]
fn one_that_dies_hangs_or_finds_its_port_taken_is_told_apart() {
    let Some(project) = project() else { return };
    let args = ["run", "a", "--stack-config", "gw"];
    run(&project, args, &[("DOES", "die")])
        .expect(3, &["the server ended before it was ready: exit status 1", "cannot find my model"]);
    let hung = run(&project, args.into_iter().chain(["--ready-timeout", "3s"]), &[("DOES", "hang")]);
    hung.expect(3, &["is not ready after 3.", "nothing listens there", "listens on"]);
    let foreign = Server::new(|_, reply| reply.json(404, "{}"));
    let server = format!("server:gw:{}", foreign.port());
    run(&project, ["run", "a", "--stack-config", &server], &[])
        .expect(3, &["is taken by", "/livez answers 404"]);
}

#[test]
fn what_is_wrong_with_one_is_shown_where_it_is() {
    let project = Project::with(CHAT);
    project.file(
        "stack-test.yaml",
        "distributions:\n  a: { health: /x }\n  b: { command: serve it }\n  c: { command: [serve] }\n  \
         d: { command: [s, \"{{ port }} {{ prot }}\"], health: livez, providers: { olama: X, vllm: MY-URL } }\n  ogx: { env: {} }\n  \
         e: { comand: [s] }\n  f: { command: [\"{{ port }}\"], forwards_baggage: maybe }\n\
         providers: { mine: { upstream: http://h/v1, url_env: 1URL, key_env: A KEY } }\n",
    );
    let ended = run(&project, ["run", "a"], &[]);
    ended.expect(
        4,
        &[
            "stack-test.yaml:2:3",
            "distribution `a` needs a `command`",
            "a list is wanted here, not a string",
            "distribution `c` is not told its port",
            "there is no `prot` to fill in",
            "a path is wanted here, such as `/health`",
            "did you mean `ollama`?",
            "`MY-URL` is no name of an environment variable",
            "`1URL` is no name",
            "`A KEY` is no name",
            "`true` or `false` is wanted here, not a string",
            "`ogx` needs a `venv` or a `command`",
            "did you mean `command`?",
        ],
    );
}

#[test]
fn it_is_named_where_it_is_meant() {
    let Some(project) = project() else { return };
    run(&project, ["run", "a", "--stack-config", "gv"], &[])
        .expect(4, &["did you mean `gw` of stack-test.yaml?"]);
    run(&project, ["run", "a", "--stack-config", "gw", "--runtime", "builtin"], &[])
        .expect(4, &["which its own command plays"]);
    run(&project, ["run", "a", "--stack-config", "starter", "--runtime", "command"], &[])
        .expect(4, &["names none", "there are gw"]);
    run(&project, ["run", "a", "--stack-config", "server:gw:99999"], &[])
        .expect(4, &["the port 99999 does not exist"])
        .expect_not("no distribution");
    run(&project, ["run", "a", "--stack-config", "server:gw::x.yaml:70000"], &[])
        .expect(4, &["the port 70000 does not exist"]);
    run(&project, ["doctor"], &[]).expect(0, &["distribution of stack-test.yaml", "pytest", "jest"]);
    project.file("stack-test.yaml", "distributions: { gw: { command: [./gone, '{{ port }}'] } }\n");
    run(&project, ["doctor"], &[])
        .expect(0, &["missing: there is no `", "/gone` (distribution of stack-test.yaml)"]);
    run(&project, ["run", "a", "--stack-config", "gw::x.yaml"], &[])
        .expect(4, &["`gw` is not told what to serve", "{{ config }}"]);
    project.file("stack-test.yaml", SETTINGS);
    run(&project, ["help", "stack-configs"], &[]).expect(0, &["gw", "stack-test.yaml"]);
}

#[test]
fn installed_stacks_are_looked_for_where_it_is_said() {
    let project = Project::with(CHAT);
    project.file("stack-test.yaml", "distributions: { ogx: { venv: ./nowhere } }\n");
    run(&project, ["run", "a", "--stack-config", "starter", "--runtime", "ogx"], &[])
        .expect(4, &["OGX is not installed", "nowhere/bin/ogx"]);
    run(&project, ["doctor"], &[]).expect(0, &["nowhere/bin/ogx"]);
}
