//! A Llama Stack that is installed, played by a stub of it in `tests/e2e/python_stub`: what it is told, how its end is
//! noticed, and that it does not outlive us. Skipped, with a message, where there is no Python 3; `tests/stacks/run` does it
//! with the real ones.

use super::stacks::CHAT;
use crate::support::{Ended, Gate, Project, Running, Server, free_port, listens, processes_of, wait_until};
use rustix::process::Signal;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Arc;

const PAIRS: &str = "inference=remote::ollama,files=inline::localfs";

/// A project with the command in a venv of its own, which is all that is on PATH.
struct Venv {
    project: Project,
    env: Vec<(String, String)>,
}

impl Venv {
    /// `None`, with a message, where there is no Python 3.
    fn new() -> Option<Self> {
        let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
        let Some(python) = asked.ok().filter(|asked| asked.status.success()) else {
            let _ = writeln!(std::io::stderr(), "skipped: there is no python3 on PATH");
            return None;
        };
        let python = String::from_utf8(python.stdout).unwrap().trim().to_owned();
        let project = Project::with(CHAT);
        let stub = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/python_stub");
        let path = project.path("venv/bin").display().to_string();
        let env = [
            ("PATH", path.as_str()),
            ("PYTHONPATH", stub),
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("STACK_TEST_RUNTIME", "auto"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let venv = Self { project, env };
        let call = "import sys\nfrom llama_stack.cli.llama import main\nsys.exit(main())\n";
        venv.command("llama", &format!("#!{python}\n{call}"));
        Some(venv)
    }

    fn command(&self, name: &str, script: &str) {
        let path = format!("venv/bin/{name}");
        self.project.file(&path, script);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.project.path(&path), executable).unwrap();
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn start<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Running {
        let env: Vec<_> = self.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.project.start_with(args, &env)
    }

    fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ended {
        self.start(args).end()
    }

    /// What the stub said in the last run.
    fn log(&self) -> Vec<String> {
        let logs = self.project.files("target/stack-test");
        let log = logs.iter().rev().find(|path| path.ends_with("server.log")).unwrap();
        let text = self.project.read(log);
        text.lines().filter_map(|line| line.strip_prefix("stub: ")).map(str::to_owned).collect()
    }
}

/// The rest of the line that begins with `word`.
#[track_caller]
fn said<'a>(log: &'a [String], word: &str) -> &'a str {
    let found = log.iter().find_map(|line| line.strip_prefix(word));
    found.unwrap_or_else(|| panic!("no line `{word}…` in {log:#?}")).trim()
}

#[test]
fn what_is_on_path_is_taken_and_told_where_everything_is() {
    let Some(venv) = Venv::new() else { return };
    let provider = Server::provider("hello");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let port = free_port();
    let server = format!("server:{PAIRS}:{port}");
    let args = ["a", "--stack-config", &server, "--env", &url];
    let recorded = venv.run(["record"].into_iter().chain(args));
    let processors = std::thread::available_parallelism().unwrap().get();
    // It is proven as it will be run.
    let proving = format!("shuffled, {} at a time", 64.min(4 * processors));
    recorded.expect(0, &[&proving, "1 recorded", "Llama Stack (", "venv/bin/llama)", "0.4.7-stub"]);
    let log = venv.log();
    let words = said(&log, "words");
    assert_eq!(words, format!("llama stack run --providers {PAIRS} --port {port}"));
    assert_eq!(said(&log, "LLAMA_STACK_PORT is"), port.to_string());
    assert_eq!(said(&log, "listens on"), "127.0.0.1");
    assert_eq!(said(&log, "LLAMA_STACK_TEST_INFERENCE_MODE is"), "live");
    assert_eq!(said(&log, "OGX_TEST_INFERENCE_MODE is"), "live");
    // The last start, which proved the recording, found nothing of those before.
    assert_eq!(said(&log, "stored"), "[]");
    let store = said(&log, "SQLITE_STORE_DIR is");
    assert!(store.contains("/target/stack-test/") && store.contains("/store-"), "{store}");
    assert_eq!(said(&log, "LLAMA_STACK_CONFIG_DIR is"), store);
    let ollama = said(&log, "ollama is at");
    assert!(ollama.starts_with("http://127.0.0.1:") && !ollama.contains(&provider.url()), "{ollama}");
    drop(provider);
    venv.run(["run", "a", "--stack-config", PAIRS, "--env", &url]).expect(0, &["1 replayed"]);
    assert!(!listens(port));
}

#[test]
fn literal_urls_in_run_configs_are_those_of_the_gateway() {
    let Some(venv) = Venv::new() else { return };
    let provider = Server::provider("hello");
    venv.project.file(
        "stack-test.yaml",
        format!("providers: {{ groq: {{ upstream: \"{}/v1\", key_env: GROQ_API_KEY }} }}\n", provider.url()),
    );
    venv.project.file("suites/a.yaml", CHAT.replace("ollama/fake", "groq/fake"));
    let args = ["a", "--stack-config", "starter", "--env", "GROQ_API_KEY=made-up-key-0001"];
    venv.run(["record"].into_iter().chain(args)).expect(0, &["1 recorded"]);
    let log = venv.log();
    assert_ne!(said(&log, "groq is at"), "http://127.0.0.1:1/literal");
    // One that comes from a variable stays as it is.
    assert_eq!(said(&log, "ollama is at"), "");
    assert_eq!(provider.lines(), ["POST /v1/chat/completions"]);
    drop(provider);
    venv.run(["run"].into_iter().chain(args)).expect(0, &["1 replayed"]);
}

#[test]
fn another_program_of_that_name_is_not_taken() {
    let Some(venv) = Venv::new() else { return };
    venv.command("llama", "#!/bin/sh\necho I am an animal\n");
    let args = ["run", "a", "--stack-config", "starter", "--runtime"];
    let ended = venv.run(args.into_iter().chain(["auto"]));
    ended.expect(1, &["not used as the stack", "venv/bin/llama` is not the command of Llama Stack"]);
    let ended = venv.run(args.into_iter().chain(["llama-stack"]));
    ended.expect(4, &["Llama Stack is not installed", "is not the command of", "--runtime builtin"]);
}

#[test]
fn who_plays_the_config_can_be_said() {
    let Some(venv) = Venv::new() else { return };
    let args = ["run", "a", "--stack-config", "starter"];
    venv.run(args.into_iter().chain(["--runtime", "builtin"])).expect(1, &[]).expect_not("Llama Stack (");
    venv.run(args.into_iter().chain(["--runtime", "ogx"]))
        .expect(4, &["OGX is not installed: there is no `ogx` on PATH", "activate the venv"]);
    venv.run(args.into_iter().chain(["--runtime", "llama"]))
        .expect(4, &["`llama` is no runtime", "llama-stack"]);
    let venv = venv.with("STACK_TEST_RUNTIME", "ogx");
    venv.run(args).expect(4, &["OGX is not installed"]);
    // It would ask its provider somewhere else.
    let options = "inference=remote::ollama?base_url=http%3A//localhost%3A1/v1";
    venv.run(["run", "a", "--runtime", "llama-stack", "--stack-config", options])
        .expect(4, &["takes no options of providers", "--env OLLAMA_URL=…"]);
}

#[test]
fn one_that_dies_hangs_or_finds_its_port_taken_is_told_apart() {
    let Some(venv) = Venv::new() else { return };
    let venv = venv.with("STUB_DOES", "die");
    let args = ["run", "a", "--stack-config", "starter"];
    venv.run(args).expect(
        3,
        &[
            "ended before it was ready: exit status 1",
            "the end of its log",
            "No module named 'faiss'",
            "list-deps",
        ],
    );
    let foreign = Server::new(|_, reply| reply.json(404, "{}"));
    let server = format!("server:starter:{}", foreign.port());
    venv.run(["run", "a", "--stack-config", &server]).expect(3, &["is taken by", "choose another port"]);
    let venv = venv.with("STUB_DOES", "hang");
    let hung = venv.run(args.into_iter().chain(["--ready-timeout", "4s"]));
    hung.expect(
        3,
        &["is not ready after 4.", "nothing listens there", "the end of its log", "stub: listens on"],
    );
}

#[test]
fn it_does_not_outlive_a_kill() {
    let Some(venv) = Venv::new() else { return };
    let gate = Arc::new(Gate::default());
    let provider = Server::stuck_provider(&gate);
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let mut run = venv.start(["record", "a", "--stack-config", PAIRS, "--env", &url]);
    gate.arrived(1);
    assert!(processes_of(venv.project.root()).len() >= 2);
    run.signal(Signal::KILL);
    run.wait();
    let gone = wait_until(|| processes_of(venv.project.root()).is_empty());
    gate.open();
    assert!(gone, "the stack outlived the run");
}

#[cfg(target_os = "linux")]
#[test]
fn one_that_outlives_a_kill_is_ended_by_the_next_run() {
    let Some(venv) = Venv::new() else { return };
    let venv = venv.with("STUB_DOES", "stay");
    let gate = Arc::new(Gate::default());
    let stuck = Server::stuck_provider(&gate);
    let (config, url) = (format!("server:{PAIRS}:{}", free_port()), format!("OLLAMA_URL={}/v1", stuck.url()));
    let mut run = venv.start(["record", "a", "--stack-config", &config, "--env", &url]);
    gate.arrived(1);
    run.signal(Signal::KILL);
    run.wait();
    gate.open();
    let left = processes_of(venv.project.root());
    assert_eq!(left.len(), 1, "the server");
    let provider = Server::provider("hello");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let args = ["record", "a", "--stack-config", &config, "--env", &url];
    venv.run(args).expect(
        0,
        &[
            "a run that was killed left its Llama Stack (",
            &format!("(process {}): it was ended", left[0]),
            "1 recorded",
        ],
    );
    venv.run(args).expect(0, &["1 recorded"]).expect_not("was killed");
    assert!(venv.project.files("target").iter().all(|file| !file.contains("started-")));
}

#[test]
fn what_the_stack_tells_of_its_work_is_waited_for() {
    let Some(venv) = Venv::new() else { return };
    venv.command("opentelemetry-instrument", "#!/bin/sh\nexec \"$@\"\n");
    for package in ["fastapi", "httpx"] {
        let folder = "venv/lib/python3.12/site-packages/opentelemetry/instrumentation";
        venv.project.file(&format!("{folder}/{package}/__init__.py"), "");
    }
    let provider = Server::provider("hello");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let traced = |spans: &str| CHAT.replace("expect: {", &format!("expect: {{ spans: {{ {spans} }},"));
    assert_ne!(traced("x"), CHAT);
    let args = ["record", "a", "--stack-config", PAIRS, "--env", &url];
    venv.project.file("suites/a.yaml", traced("any: { $.name: stub chat, $.kind: server }"));
    venv.run(args).expect(0, &["1 passed", "1 recorded"]);
    assert_eq!(said(&venv.log(), "OTEL_TRACES_EXPORTER is"), "otlp");
    assert_eq!(said(&venv.log(), "OTEL_TRACES_SAMPLER is"), "parentbased_always_off");
    assert_eq!(said(&venv.log(), "flags of the trace"), "01");

    // What a stack that is traced asks its providers may be another thing: one such case is not to change the others.
    // Each asks something of its own: the stub passes no baggage on.
    venv.project.file("suites/b.yaml", CHAT.replace("Say hello", "Greet me"));
    let mut both = args.to_vec();
    both.extend(["b", "-j", "1"]);
    venv.run(both).expect(0, &["2 passed", "2 recorded"]);
    let log = venv.log();
    let mut flags: Vec<&str> =
        log.iter().filter_map(|line| line.strip_prefix("flags of the trace ")).collect();
    flags.sort_unstable();
    assert_eq!(flags, ["00", "01"]);
}

#[test]
fn instrumentation_is_used_where_it_is_installed() {
    let Some(venv) = Venv::new() else { return };
    let args = ["run", "a", "--stack-config", PAIRS];
    let ended = venv.run(args.into_iter().chain(["--otel", "on"]));
    ended.expect(4, &["lacks opentelemetry-distro, opentelemetry-instrumentation-fastapi", "-m pip install"]);
    venv.run(args).expect(1, &["(without opentelemetry-distro, ", "by what they ask"]);
    assert_eq!(said(&venv.log(), "STUB_INSTRUMENTED is"), "None");
    venv.command("opentelemetry-instrument", "#!/bin/sh\nSTUB_INSTRUMENTED=yes exec \"$@\"\n");
    let ended = venv.run(["doctor"]);
    ended.expect(
        0,
        &["Llama Stack", "for more, install opentelemetry-instrumentation-fastapi", "no `ogx` on PATH"],
    );
    for package in ["fastapi", "httpx"] {
        let folder = "venv/lib/python3.12/site-packages/opentelemetry/instrumentation";
        venv.project.file(&format!("{folder}/{package}/__init__.py"), "");
    }
    venv.run(args).expect(1, &["its provider calls say which case they are for"]);
    let log = venv.log();
    assert_eq!(said(&log, "STUB_INSTRUMENTED is"), "yes");
    assert_eq!(said(&log, "OTEL_PROPAGATORS is"), "tracecontext,baggage");
    venv.run(args.into_iter().chain(["--otel", "off"])).expect(1, &["(`--otel off`)"]);
    assert_eq!(said(&venv.log(), "STUB_INSTRUMENTED is"), "None");
    venv.run(args.into_iter().chain(["--otel", "maybe"])).expect(4, &["auto, on and off"]);
}

#[test]
fn a_run_config_that_no_longer_loads_is_told_with_its_place_and_the_log() {
    let Some(venv) = Venv::new() else { return };
    venv.project.file(
        "run.yaml",
        "providers:\n  vector_io: [{ provider_id: faiss, provider_type: inline::faiss }]\n",
    );
    let checked = ["check", "config", "run.yaml", "run.yaml", "--runtime", "llama-stack"];
    let served = venv.run(checked);
    served.expect(0, &["2 run configs: all load and serve", "  OK  ", "Llama Stack ("]);
    let venv = venv.with("STUB_DOES", "die");
    let ended = venv.run(checked);
    let told = [
        "ModuleNotFoundError: No module named 'faiss'",
        " --> run.yaml:2:30",
        "the end of its log:",
        "2 no longer load",
    ];
    ended.expect(1, &told);
}

#[test]
fn its_own_recorder_is_told_where_it_records_and_for_which_test() {
    let Some(venv) = Venv::new() else { return };
    let steps = "steps: [{ post: /v1/chat/completions, headers: { X-LlamaStack-Provider-Data: '{\"mine\": 1}' }, \
                 json: { model: \"{{ text_model }}\" }, expect: { status: 200 } }]";
    let case = format!(
        "cases: [{{ name: a, models: [text_model], test_id: \"t/a.py::a[{{{{ text_model }}}}]\", {steps} }}]\n"
    );
    venv.project.file("suites/a.yaml", case);
    let provider = Server::provider("hello");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let args = [
        "run",
        "a",
        "--recorder",
        "stack",
        "--text-model",
        "ollama/fake",
        "--env",
        &url,
        "--stack-config",
        PAIRS,
    ];
    venv.run(args).expect(0, &["1 passed", "no gateway is between it and its providers"]);
    // Nothing stands between the stack and its provider: its recorder would.
    assert_eq!(provider.lines(), ["POST /v1/chat/completions"]);
    let log = venv.log();
    assert_eq!(said(&log, "LLAMA_STACK_TEST_INFERENCE_MODE is"), "replay");
    assert_eq!(said(&log, "LLAMA_STACK_TEST_STACK_CONFIG_TYPE is"), "server");
    assert!(
        said(&log, "LLAMA_STACK_TEST_RECORDING_DIR is").ends_with("/recordings/tests/integration/common")
    );
    assert_eq!(said(&log, "provider data"), r#"{"mine":1,"__test_id":"t/a.py::a[ollama/fake]"}"#);
    venv.run(args.into_iter().chain(["--runtime", "builtin"]))
        .expect(4, &["needs an installed Llama Stack or OGX"]);
    let args = ["run", "a", "--recorder", "tape"];
    venv.run(args).expect(4, &["`tape` is no recorder; there are gateway and stack"]);
}

#[test]
fn a_provider_of_a_run_config_may_be_named_by_its_id() {
    let Some(venv) = Venv::new() else { return };
    let provider = Server::provider("hello");
    venv.project.file(
        "stack-test.yaml",
        format!("providers: {{ mine: {{ upstream: \"{}/v1\", key_env: MINE_KEY }} }}\n", provider.url()),
    );
    venv.project.file("suites/a.yaml", CHAT.replace("ollama/fake", "mine/fake"));
    let args = ["a", "--stack-config", "starter", "--env", "MINE_KEY=made-up-key-0001"];
    venv.run(["record"].into_iter().chain(args)).expect(0, &["1 recorded"]);
    assert_eq!(provider.lines(), ["POST /v1/chat/completions"]);
}
