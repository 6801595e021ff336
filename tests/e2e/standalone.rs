//! `stack-test gateway`: somebody else's runner between recordings and providers.

use crate::support::{Gate, Project, Running, Server, completion, wait_until};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// An answer: its status, the `x-stack-test` header, the body.
pub(crate) struct Got {
    pub(crate) status: u16,
    note: String,
    pub(crate) body: String,
}

impl Got {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Asks `url`, with headers as lines.
pub(crate) fn ask(method: &str, url: &str, headers: &str, body: &str) -> Got {
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let host =
        if headers.to_lowercase().contains("host:") { String::new() } else { format!("host: {address}\r\n") };
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let text = format!(
        "{method} /{path} HTTP/1.1\r\n{host}{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let note = head.lines().find_map(|line| line.strip_prefix("x-stack-test: ")).unwrap_or_default();
    let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
    Got { status, note: note.to_owned(), body: body.to_owned() }
}

/// A gateway that runs, and where its provider `mine` is.
pub(crate) struct Gateway {
    run: Running,
    pub(crate) url: String,
    pub(crate) mine: String,
}

impl Gateway {
    pub(crate) fn start(project: &Project, provider: &str, args: &[&str]) -> Self {
        Self::with(project, provider, args, &[])
    }

    fn with(project: &Project, provider: &str, args: &[&str], env: &[(&str, &str)]) -> Self {
        let provider = format!("mine={provider}/v1,key_env=MINE_KEY");
        let usual =
            ["gateway", "--json", "--port", "0", "--case-header", "X-Test-Id", "--provider", &provider];
        let run = project.start_with(usual.into_iter().chain(args.iter().copied()), env);
        let said: Value = serde_json::from_str(&run.line("{")).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self { url: text(&said["url"]), mine: text(&said["env"]["MINE_BASE_URL"]), run }
    }

    /// Asks `mine` something on behalf of a case.
    pub(crate) fn chat(&self, case: &str, words: &str) -> Got {
        let headers = format!("x-test-id: {case}\r\ncontent-type: application/json\r\n");
        ask("POST", &format!("{}/chat/completions", self.mine), &headers, &question(words))
    }

    pub(crate) fn get(&self, what: &str) -> Value {
        ask("GET", &format!("{}/__stack_test/{what}", self.url), "", "").json()
    }

    pub(crate) fn post(&self, what: &str, body: &Value) -> Got {
        let url = format!("{}/__stack_test/{what}", self.url);
        ask("POST", &url, "content-type: application/json\r\n", &body.to_string())
    }

    pub(crate) fn terminate(self) -> crate::support::Ended {
        self.run.signal(Signal::TERM);
        self.run.end()
    }
}

pub(crate) fn question(words: &str) -> String {
    json!({"model": "fake", "messages": [{"role": "user", "content": words}]}).to_string()
}

/// A provider that says what it is asked, and how often it was asked before.
pub(crate) fn echo() -> Server {
    let count = std::sync::atomic::AtomicUsize::new(0);
    Server::new(move |ask, reply| {
        let body: Value = serde_json::from_str(&ask.body).unwrap_or_default();
        let words = body["messages"][0]["content"].as_str().unwrap_or_default();
        let count = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        reply.json(200, &completion(&format!("{words} {count}")));
    })
}

/// Nobody listens there.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:9";

#[test]
fn what_was_recorded_until_sigterm_is_replayed_without_a_provider() {
    let (project, provider) = (Project::new(), echo());
    let recorded = Gateway::start(&project, &provider.url(), &["--mode", "record"]);
    let first = recorded.chat("one", "hello");
    recorded.chat("one", "hello");
    recorded.chat("chat/suite::two", "hello");
    let unnamed = ask("POST", &format!("{}/chat/completions", recorded.mine), "", &question("nobody"));
    assert_eq!((first.status, unnamed.status), (200, 200));
    assert_eq!(project.files("recordings/default/gateway"), Vec::<String>::new(), "nothing is over yet");
    recorded.terminate().expect(0, &["4 recorded", "2 cases"]);
    // The name of a test is none of the provider's business.
    assert!(provider.asks().iter().all(|ask| ask.header("x-test-id").is_none()));
    let files = ["_session.json", "chat/suite/two.json", "gateway/one.json"];
    assert_eq!(project.files("recordings"), files.map(|file| format!("recordings/default/{file}")));

    let replayed = Gateway::start(&project, NOWHERE, &[]);
    let content = |got: &Got| got.json()["choices"][0]["message"]["content"].clone();
    let names = ["one", "one", "chat/suite::two"].map(|case| content(&replayed.chat(case, "hello")));
    assert_eq!(names, ["hello 0", "hello 1", "hello 2"]);
    let again = ask("POST", &format!("{}/chat/completions", replayed.mine), "", &question("nobody"));
    assert_eq!(content(&again), "nobody 3");
    // A runner that begins anew.
    assert_eq!(replayed.post("reset", &json!({})).status, 200);
    assert_eq!(content(&replayed.chat("one", "hello")), "hello 0");
    let status = replayed.get("status");
    assert_eq!((&status["replayed"], &status["misses"], &status["cases"]), (&json!(5), &json!(0), &json!(2)));
    assert_eq!(
        replayed.get("unused"),
        json!({"unused": 1, "cases": [{"case": "gateway::one", "unused": 1, "calls": [
            {"call": 2, "provider": "mine", "method": "POST", "path": "/v1/chat/completions"},
        ]}]})
    );
    replayed.terminate().expect(0, &["5 replayed", "1 recording unused"]);
}

#[test]
fn what_is_missing_alone_is_recorded_where_the_settings_of_the_project_say() {
    let (project, provider) = (Project::new(), echo());
    let settings = format!(
        "providers: {{ mine: {{ url_env: MINE_BASE_URL, upstream: {NOWHERE}/v1 }} }}\n\
         setups: {{ ours: {{ env: {{ MINE_BASE_URL: {}/v1 }} }} }}\n\
         run: {{ recordings: kept, inference_mode: record-if-missing }}\n",
        provider.url()
    );
    project.file("stack-test.yaml", settings);
    for (cases, told) in [(&["one"][..], "1 recorded"), (&["one", "two"], "1 replayed, 1 recorded")] {
        let usual = ["gateway", "--json", "--port", "0", "--case-header", "x-test-id"];
        let run = project.start(usual.into_iter().chain(["--provider", "mine", "--setup", "ours"]));
        let said: Value = serde_json::from_str(&run.line("{")).unwrap();
        for case in cases {
            let url = format!("{}/chat/completions", said["env"]["MINE_BASE_URL"].as_str().unwrap());
            let got = ask("POST", &url, &format!("x-test-id: {case}\r\n"), &question("hello"));
            assert_eq!(got.status, 200, "{}", got.body);
        }
        run.signal(Signal::TERM);
        run.end().expect(0, &[told]);
    }
    assert_eq!(project.files("kept"), ["kept/ours/gateway/one.json", "kept/ours/gateway/two.json"]);
    assert_eq!(provider.asks().len(), 2);
}

#[test]
fn a_miss_is_told_to_whoever_asks_and_by_the_exit_code() {
    let (project, provider) = (Project::new(), echo());
    let recorded = Gateway::start(&project, &provider.url(), &["--mode", "record"]);
    recorded.chat("one", "hello");
    recorded.terminate().expect(0, &[]);

    let replayed = Gateway::start(&project, NOWHERE, &[]);
    let got = replayed.chat("one", "goodbye");
    assert_eq!((got.status, got.note.as_str()), (418, "miss"));
    let misses = replayed.get("misses");
    assert_eq!(misses["misses"][0]["case"], "gateway::one");
    let miss = &misses["misses"][0];
    assert_eq!((&miss["path"], &miss["class"]), (&json!("/v1/chat/completions"), &json!("prompt changed")));
    let difference = &miss["nearest"]["differences"][0];
    assert_eq!((&difference["recorded"], &difference["now"]), (&json!("\"hello\""), &json!("\"goodbye\"")));
    let command = miss["mends"][0]["text"].as_str().unwrap();
    assert!(command.starts_with("stack-test gateway --mode record --provider mine="), "{command}");
    assert!(command.ends_with("--case-header X-Test-Id"), "{command}");
    let cases = replayed.get("cases");
    let one = &cases["cases"][1];
    assert_eq!((&one["decided"], &one["unused"]), (&json!("the case header"), &json!(1)));
    let told = replayed.terminate();
    told.expect(1, &["1 miss", "miss: mine POST /v1/chat/completions of `gateway::one` (prompt changed)"]);
    told.expect(1, &["- \"hello\"", "+ \"goodbye\"", "record it:\n    stack-test gateway --mode record"]);

    let strict = Gateway::start(&project, NOWHERE, &["--strict"]);
    strict.post("case/open", &json!({"case": "one"}));
    let call = "unused: call 1 of `gateway::one`: mine POST /v1/chat/completions";
    strict.terminate().expect(1, &["1 recording unused", call]);
}

#[test]
fn a_runner_with_hooks_says_what_begins_and_what_is_kept() {
    let (project, provider) = (Project::new(), echo());
    let gateway = Gateway::start(&project, &provider.url(), &["--mode", "record"]);
    let (file, case) = ("recordings/default/a/b/thing[1].json", json!({"case": "a/b::thing[1]"}));
    // Calls name nobody: it is the only case in flight.
    let chat = |words| ask("POST", &format!("{}/chat/completions", gateway.mine), "", &question(words));
    for (words, keep) in [("first", true), ("second", false), ("third", true)] {
        assert_eq!(gateway.post("case/open", &case).status, 200);
        chat(words);
        let closed = gateway.post("case/close", &json!({"case": "a/b::thing[1]", "keep": keep})).json();
        assert_eq!(
            (&closed["recorded"], &closed["live"]),
            (&json!(usize::from(keep)), &json!(usize::from(!keep)))
        );
        let kept = if keep { words } else { "first" };
        assert!(project.read(file).contains(kept), "{}", project.read(file));
    }
    for (what, body, status) in [
        ("case/close", case.clone(), 404),
        ("case/open", json!({"case": ""}), 400),
        ("case/open", json!([1]), 400),
        ("case/close", json!({"case": "x", "keep": "yes"}), 400),
        ("reset", json!({}), 400),
        ("nothing", json!({}), 404),
        ("status", json!({}), 405),
    ] {
        let got = gateway.post(what, &body);
        assert_eq!((got.status, got.note.as_str()), (status, "request"), "{what}: {}", got.body);
    }
    gateway.terminate().expect(0, &["2 recorded, 1 live", "1 case"]);
}

#[test]
fn calls_that_begin_a_case_at_the_same_time_are_all_of_it() {
    let (project, provider) = (Project::new(), echo());
    let gateway = Gateway::start(&project, &provider.url(), &["--mode", "record"]);
    std::thread::scope(|scope| {
        for number in 0..32 {
            let gateway = &gateway;
            scope.spawn(move || assert_eq!(gateway.chat("one", &format!("n{number}")).status, 200));
        }
    });
    let closed = gateway.post("case/close", &json!({"case": "one"})).json();
    assert_eq!((&closed["recorded"], &closed["live"]), (&json!(32), &json!(0)));
    gateway.terminate().expect(0, &[]);
}

#[test]
fn a_page_in_a_browser_cannot_drive_it() {
    let (project, provider) = (Project::new(), echo());
    let gateway = Gateway::start(&project, &provider.url(), &["--mode", "live"]);
    let status = format!("{}/__stack_test/status", gateway.url);
    let open = format!("{}/__stack_test/case/open", gateway.url);
    let body = json!({"case": "x"}).to_string();
    let kind = "content-type: application/json\r\n";
    assert_eq!(ask("GET", &status, "host: localhost:1\r\n", "").status, 200);
    assert_eq!(ask("GET", &status, "host: [::1]\r\n", "").status, 200);
    // Names that were bent to this address.
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "8.8.8.8", "x/127.0.0.1"]
    {
        let headers = format!("host: {host}\r\n{kind}");
        assert_eq!(ask("GET", &status, &headers, "").status, 403, "{host}");
        assert_eq!(ask("POST", &open, &headers, &body).status, 403, "{host}");
    }
    for headers in [
        "origin: http://evil.example\r\n",
        "origin: null\r\n",
        "origin: http://localhost:3000\r\n",
        "sec-fetch-site: cross-site\r\n",
    ] {
        assert_eq!(ask("POST", &open, &format!("{headers}{kind}"), &body).status, 403, "{headers}");
    }
    for kind in ["", "content-type: text/plain\r\n", "content-type: application/x-www-form-urlencoded\r\n"] {
        assert_eq!(ask("POST", &open, kind, &body).status, 415, "{kind}");
    }
    // Nor can it spend the tokens of a provider; an app that is developed on this machine may ask.
    let chat = format!("{}/chat/completions", gateway.mine);
    assert_eq!(ask("POST", &chat, "origin: https://evil.example\r\n", &question("x")).status, 403);
    assert_eq!(provider.lines(), Vec::<String>::new());
    assert_eq!(ask("POST", &chat, "origin: http://localhost:3000\r\n", &question("x")).status, 200);
    assert_eq!(gateway.get("status")["cases"], 0);
    gateway.terminate().expect(0, &["1 live"]);
}

#[test]
fn a_command_gets_the_variables_and_its_exit_code_is_ours() {
    let project = Project::new();
    let env = [("MINE_KEY", "sk-made-up-key-of-a-test")];
    let provider = format!("mine={NOWHERE}/v1,key_env=MINE_KEY");
    let run = |script: &str| {
        project.run_with(["gateway", "--provider", &provider, "--", "sh", "-c", script, "sh", "an arg"], &env)
    };
    let ended = run("echo \"$MINE_BASE_URL $MINE_KEY $1\"; exit 7");
    ended.expect(7, &["/mine/v1 stack-test-dummy-key an arg"]).expect_not("made-up");
    run("kill -KILL $$").expect(137, &[]);
    run("true").expect(0, &["provider calls: none"]);
    let provider = format!("mine={NOWHERE}/v1");
    project
        .run(["gateway", "--provider", &provider, "--", "no-such-command"])
        .expect(4, &["no-such-command"]);
}

#[test]
fn a_command_that_passed_fails_if_it_missed() {
    let project = Project::new();
    let provider = format!("mine={NOWHERE}/v1");
    let mut run = project.start([
        "gateway",
        "--provider",
        &provider,
        "--",
        "sh",
        "-c",
        "echo $MINE_BASE_URL; read x; exit 0",
    ]);
    let url = run.line("http://");
    assert_eq!(ask("POST", &format!("{url}/chat/completions"), "", &question("x")).status, 418);
    run.close_stdin();
    run.end().expect(1, &["1 miss"]);
}

#[test]
fn a_command_is_told_to_end_and_what_it_had_recorded_is_not_kept() {
    let (project, provider) = (Project::new(), echo());
    let typed = format!("mine={}/v1", provider.url());
    let script = "trap 'echo told; exit 9' TERM; echo $MINE_BASE_URL; while :; do read x || sleep 0.01; done";
    let record = ["gateway", "--mode", "record", "--case-header", "x-test-id", "--provider", &typed];
    for keep_failed in [false, true] {
        let keep = if keep_failed { &["--keep-failed"][..] } else { &[] };
        let command = ["--", "bash", "-c", script];
        let run = project.start(record.into_iter().chain(keep.iter().copied()).chain(command));
        let url = run.line("http://");
        for named in ["x-test-id: one\r\n", ""] {
            ask("POST", &format!("{url}/chat/completions"), named, &question("x"));
        }
        run.signal(Signal::TERM);
        run.end().expect(9, &["told"]);
        let kept = if keep_failed { &["_session.json", "gateway/one.json"][..] } else { &[] };
        let kept: Vec<String> = kept.iter().map(|file| format!("recordings/default/{file}")).collect();
        assert_eq!(project.files("recordings"), kept);
    }
}

#[test]
fn the_real_key_is_put_in_by_the_gateway() {
    let (project, provider) = (Project::new(), echo());
    let key = "sk-made-up-key-of-a-test";
    let gateway = Gateway::with(&project, &provider.url(), &["--mode", "record"], &[("MINE_KEY", key)]);
    gateway.chat("one", &format!("my key is {key}"));
    gateway.terminate().expect(0, &["1 recorded"]).expect_not(key);
    assert_eq!(provider.asks()[0].header("authorization"), Some(format!("Bearer {key}").as_str()));
    let file = project.read("recordings/default/gateway/one.json");
    assert!(file.contains("my key is ***MINE_KEY***") && !file.contains(key), "{file}");
}

#[test]
fn a_key_that_runs_into_a_secret_leaves_nothing_of_it() {
    let (project, provider) = (Project::new(), echo());
    let env = [("ZOO", "zebra+/quokka=42 π")];
    let args = ["--mode", "record", "--secret", "env:ZOO"];
    let gateway = Gateway::with(&project, &provider.url(), &args, &env);
    gateway.chat("one", "sk-proj-madeup0madeup0madeup0zebra+/quokka=42 π");
    gateway.terminate().expect(0, &["1 recorded"]);
    let file = project.read("recordings/default/gateway/one.json");
    assert!(file.contains("***ZOO***") && !file.contains("quokka") && !file.contains("openai-key"), "{file}");
}

#[test]
fn a_case_whose_name_holds_a_secret_is_not_recorded() {
    let provider = echo();
    let project = Project::new();
    let env = [("MINE_KEY", "zebra+quokka=42")];
    let gateway = Gateway::with(&project, &provider.url(), &["--mode", "record"], &env);
    for case in ["t::sk-proj-madeup0madeup0madeup0", "t::of[zebra+quokka=42]", "t::plain"] {
        assert_eq!(gateway.chat(case, "hi").status, 200);
    }
    let ended = gateway.terminate();
    let said =
        ["a recording is not written", "the name of the case: openai-key", "the name of the case: MINE_KEY"];
    ended.expect(3, &said).expect_not("madeup0").expect_not("quokka");
    let files = project.files("recordings").join(" ");
    assert!(files.contains("plain") && !files.contains("madeup0") && !files.contains("quokka"), "{files}");
}

#[test]
fn a_secret_that_is_not_there_or_too_short_is_told() {
    let (project, provider) =
        (Project::with("cases: [{ name: one, steps: [{ get: /v1/models }] }]\n"), echo());
    let mine = format!("mine={}/v1", provider.url());
    let said = ["`--secret env:TYPO`: the variable `TYPO` is not set", "a replay needs no keys"];
    let gateway = &["gateway", "--provider", &mine][..];
    for args in
        [gateway, &["run", "a", "--stack-config", "starter"], &["record", "a", "--stack-config", "starter"]]
    {
        for env in [&[][..], &[("TYPO", "")]] {
            project.run_with(args.iter().copied().chain(["--secret", "env:TYPO"]), env).expect(4, &said);
        }
    }
    let short = ["gateway", "--provider", &mine, "--secret", "env:PIN", "--secret", "4711", "--", "true"];
    let told = ["note: the value of `PIN` is not masked", "note: a value of `--secret` is not masked"];
    project.run_with(short, &[("PIN", "0815")]).expect(0, &told).expect_not("4711").expect_not("0815");
    let run = ["run", "a", "--stack-config", "starter", "--secret", "env:PIN"];
    project
        .run_with(run, &[("PIN", "0815")])
        .expect(0, &["the value of `PIN` is not masked"])
        .expect_not("0815");
}

#[test]
fn a_kill_leaves_whole_files() {
    let (project, provider) = (Project::new(), echo());
    for words in ["old", "new"] {
        let gateway = Gateway::start(&project, &provider.url(), &["--mode", "record"]);
        gateway.chat("closed", words);
        assert_eq!(gateway.post("case/close", &json!({"case": "closed"})).status, 200);
        gateway.chat("open", words);
        if words == "old" {
            gateway.terminate().expect(0, &[]);
        } else {
            gateway.run.signal(Signal::KILL);
            gateway.run.end();
        }
    }
    let said = |case: &str| project.read(&format!("recordings/default/gateway/{case}.json"));
    assert!(said("closed").contains("\"new\"") && said("open").contains("\"old\""), "{}", said("open"));
    for file in project.files("recordings") {
        serde_json::from_str::<Value>(&project.read(&file)).unwrap();
    }
}

#[test]
fn it_waits_for_an_answer_that_is_kept_but_not_if_asked_twice() {
    let (project, gate) = (Project::new(), Arc::new(Gate::default()));
    let provider = Server::stuck_provider(&gate);
    let gateway = Gateway::start(&project, &provider.url(), &["--mode", "record"]);
    std::thread::scope(|scope| {
        let url = gateway.mine.clone();
        scope.spawn(move || {
            let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
            let mut stream = TcpStream::connect(address).unwrap();
            let body = question("x");
            let head = format!("POST /{path}/chat/completions HTTP/1.1\r\nhost: x\r\nx-test-id: one\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            let mut rest = Vec::new();
            // The gateway hangs up.
            let _ = stream.read_to_end(&mut rest);
        });
        gate.arrived(1);
        gateway.run.signal(Signal::TERM);
        // The first was heard when the case is closed.
        assert!(wait_until(|| gateway.get("status")["open"] == 0));
        gateway.run.signal(Signal::TERM);
        gateway.run.end().expect(2, &[]);
        gate.open();
    });
    assert_eq!(project.files("recordings"), Vec::<String>::new());
}

#[test]
fn it_ends_with_its_standard_input_where_that_was_asked_for() {
    let project = Project::new();
    let mut gateway = Gateway::start(&project, NOWHERE, &["--until-stdin-closes"]);
    assert_eq!(gateway.get("status")["mode"], "replay");
    gateway.run.close_stdin();
    gateway.run.end().expect(0, &[]);
}

#[test]
fn it_says_in_words_where_it_is_and_what_is_wrong() {
    let project = Project::new();
    let run = project.start(["gateway", "--port", "0", "--setup", "mine", "--provider", "openai"]);
    assert!(run.line("# gateway").contains("replay, mine in "));
    let line = run.line("OPENAI_BASE_URL=http://127.0.0.1:");
    assert!(line.ends_with("/openai/v1"), "{line}");
    run.line("OPENAI_API_KEY=stack-test-dummy-key");
    run.signal(Signal::INT);
    run.end().expect(0, &[]);
    for (args, words) in [
        (&["--provider", "opanai"][..], &["`opanai`", "did you mean `openai`?"][..]),
        (
            &["--provider", "x=http://h/v1,dialekt=vllm"],
            &["`dialekt` sets nothing", "dialect, key_env, url_env"],
        ),
        (&["--provider", "x=http://h/v1,dialect=vlm"], &["did you mean `vllm`?"]),
        (&["--provider", "x=ftp://h"], &["is no http(s) URL"]),
        (&["--provider", "__stack_test=http://h"], &["provider `__stack_test`"]),
        (&["--provider", "openai", "--provider", "openai"], &["given twice"]),
        (&["--provider", "openai", "--case-header", "a b"], &["`a b` can be no name of a header"]),
        (&[], &["--provider"]),
    ] {
        project.run(["gateway", "--port", "0"].into_iter().chain(args.iter().copied())).expect(4, words);
    }
}
