//! Tests of other runners, run by one that is made of the standard library of Python and behaves as badly as runners do.

use crate::support::{Ended, Project, Server};

const TOOL: &str = include_str!("../external/tool.py");

const SUITE: &str =
    "about: Theirs\ntags: [theirs]\nexternal:\n  adapter: pytest\n  command: [python3, tool.py, tests.txt]\n";

/// Whether there is a Python to run the tests of another runner with.
fn has_python() -> bool {
    let found = std::process::Command::new("python3").arg("--version").output().is_ok();
    if !found {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: there is no python3\n");
    }
    found
}

/// A project with the suite `ext` whose runner has these tests.
fn project(tests: &str) -> Project {
    let project = Project::new();
    project.file("suites/ext.yaml", SUITE).file("tool.py", TOOL).file("tests.txt", tests);
    project
}

/// A stack that has everything and is asked nothing.
fn stack() -> Server {
    Server::stack(|_, reply| reply.json(404, "{}"))
}

fn run(project: &Project, stack: &Server, more: &[&str]) -> Ended {
    let url = stack.url();
    project.run(["run", "--stack-config", &url].into_iter().chain(more.iter().copied()))
}

fn cases(ended: &Ended) -> Vec<String> {
    ended.cases().into_iter().map(|(status, id)| format!("{status} {id}")).collect()
}

#[test]
fn their_outcomes_are_ours() {
    if !has_python() {
        return;
    }
    let project = project(
        "a.py::one|pass\na.py::two|fail|1 is not 2\nb.py::three|skip|not today\nb.py::four|xfail|known\nb.py::five|xpass\nb.py::six|xpass|strict\nb.py::seven|error|no fixture\n",
    );
    let ended = run(&project, &stack(), &["ext", "--report", "junit=j.xml"]);
    ended.expect(1, &["1 is not 2", "printed by it", "(not today)", "no fixture"]);
    let expected = [
        "PASS ext::a.py::one",
        "FAIL ext::a.py::two",
        "SKIP ext::b.py::three",
        "XFAIL ext::b.py::four",
        "XPASS ext::b.py::five",
        "XPASS ext::b.py::six",
        "ERROR ext::b.py::seven",
    ];
    assert_eq!(cases(&ended), expected);
    let report = project.junit("j.xml");
    let names: Vec<&str> = report.test_suites[0].test_cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names[..2], ["a.py::one", "a.py::two"]);
}

#[test]
fn single_tests_are_listed_selected_and_counted() {
    if !has_python() {
        return;
    }
    let project =
        project("a.py::T::one[x]|pass\na.py::T::one[y]|pass\na.py::T::two_slow|pass\nb.py::three|pass\n");
    let stack = stack();
    let listed = project.run(["run", "--collect-only", "-k", "not three"]);
    listed.expect(0, &["ext::a.py::T::one[x]\n", "3 cases in 1 suite, 1 deselected"]);
    assert_eq!(project.files("target/stack-test"), ["target/stack-test/.gitignore"], "nothing was run");
    let selected = |args: &[&str]| cases(&run(&project, &stack, args));
    assert_eq!(selected(&["-k", "one and '[y]'"]), ["PASS ext::a.py::T::one[y]"]);
    assert_eq!(selected(&["--tag", "slow"]), ["PASS ext::a.py::T::two_slow"]);
    assert_eq!(selected(&["--tag", "theirs"]).len(), 4);
    assert_eq!(selected(&["ext::a.py::T::one"]), ["PASS ext::a.py::T::one[x]", "PASS ext::a.py::T::one[y]"]);
    assert_eq!(selected(&["ext::b.py"]), ["PASS ext::b.py::three"]);
    run(&project, &stack, &["ext::b.py::thre"]).expect(4, &["has no test `b.py::thre`", "`b.py::three`"]);
}

#[test]
fn what_cannot_be_listed_is_an_error_before_anything_is_started() {
    if !has_python() {
        return;
    }
    let stack = stack();
    let broken = project("a.py::one|pass\nbad.py|broken|ImportError: no such thing\n");
    run(&broken, &stack, &["ext", "--report", "junit=j.xml"]).expect(
        4,
        &["pytest cannot list the tests in `bad.py`", "ImportError: no such thing", "suites/ext.yaml:3"],
    );
    assert_eq!(broken.junit("j.xml").errors, 1);
    let listless = project("a.py::one|listless\n");
    run(&listless, &stack, &["ext"]).expect(
        4,
        &[
            "the pytest tests of `ext` cannot be listed: the runner ended",
            "exit status 1",
            "it cannot list them",
        ],
    );
    let missing = Project::new();
    missing.file("suites/ext.yaml", "external: { adapter: pytest, command: [no-such-pytest] }\n");
    run(&missing, &stack, &["ext"]).expect(4, &["cannot run no-such-pytest"]);
    let twice = project("a.py::one|pass\n");
    twice.file("suites/a.yaml", "cases: [{ name: x }]\n");
    twice.run(["run", "--collect-only"]).expect(4, &["a case needs `steps`"]);
    assert!(!twice.path("log").exists());
}

#[test]
fn a_suite_without_tests_or_without_its_folder_says_so() {
    if !has_python() {
        return;
    }
    let none = project("");
    run(&none, &stack(), &["ext"]).expect(4, &["pytest lists no tests of `ext`"]);
    none.file("suites/ext.yaml", format!("{SUITE}  cwd: nowhere\n"));
    run(&none, &stack(), &["ext"]).expect(4, &["there is no folder `nowhere` to run the tests of `ext` in"]);
}

#[test]
fn as_many_processes_as_may_be_run_at_once_and_files_stay_together() {
    if !has_python() {
        return;
    }
    let files = |what: &str| -> String {
        let test = |file: &str, n: usize| format!("{file}.py::{n}|{what}\n");
        ["a", "b", "c"].iter().flat_map(|file| (0..3).map(move |n| test(file, n))).collect()
    };
    let project = project(&files("wait|3"));
    let stack = stack();
    run(&project, &stack, &["ext", "-j", "3"]).expect(0, &["9 passed"]);
    let processes = |project: &Project| {
        let log = project.read("log");
        let mut of: Vec<(String, String)> = log
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter_map(|(pid, what)| Some((what.split_once("::")?.0.to_owned(), pid.to_owned())))
            .collect();
        of.sort();
        of.dedup();
        of
    };
    // Three files, three processes, each with one of them whole.
    assert_eq!(processes(&project).len(), 3);
    let project = self::project(&files("pass"));
    let one = SUITE.replace("external:", "external:\n  processes: 1");
    project.file("suites/ext.yaml", one);
    run(&project, &stack, &["ext", "-j", "3"]).expect(0, &["9 passed"]);
    let pids: std::collections::BTreeSet<String> =
        processes(&project).into_iter().map(|(_, pid)| pid).collect();
    assert_eq!(pids.len(), 1, "one process is used for all");
}

#[test]
fn a_process_that_misbehaves_costs_its_tests_and_not_the_run() {
    if !has_python() {
        return;
    }
    let project = project(
        "a.py::before|pass\na.py::dies|die\na.py::hangs|hang\na.py::tells|hang|its loop\na.py::half|half\na.py::nonsense|nonsense\na.py::gone|gone\na.py::after|pass\n",
    );
    let ended = run(&project, &stack(), &["ext", "-j", "1", "--case-timeout", "1s"]);
    ended.expect(
        1,
        &[
            "did not come to the end of the test: it ended: signal 9",
            "the last thing it said",
            "the test did not end within 1s",
            "in its log",
            "a place in its loop",
            "printed so far",
            "half a line",
            "it made no sense",
            "does not have it any more",
        ],
    );
    let expected = [
        "PASS ext::a.py::before",
        "FAIL ext::a.py::dies",
        "FAIL ext::a.py::hangs",
        "FAIL ext::a.py::tells",
        "ERROR ext::a.py::half",
        "ERROR ext::a.py::nonsense",
        "PASS ext::a.py::after",
        "ERROR ext::a.py::gone",
    ];
    assert_eq!(cases(&ended), expected);
}

#[test]
fn the_process_that_listed_the_tests_runs_them() {
    if !has_python() {
        return;
    }
    let project = project("a.py::one|chat|a\na.py::two|pass\nb.py::three|pass\n");
    let stack = Server::stack(|_, reply| reply.json(200, "{}"));
    let pids = |file: &str| -> Vec<String> {
        let text = if project.path(file).exists() { project.read(file) } else { String::new() };
        let mut pids: Vec<String> =
            text.lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect();
        pids.dedup();
        pids
    };
    let forget = || ["log", "stayed"].map(|file| drop(std::fs::remove_file(project.path(file))));
    run(&project, &stack, &["ext", "-j", "1"]).expect(0, &["3 passed"]);
    assert_eq!(pids("log").len(), 1);
    assert_eq!(pids("log"), pids("stayed"));
    assert_eq!(stack.asks().len(), 1, "it knows the stack's address");
    // Of several processes it is one.
    forget();
    run(&project, &stack, &["ext", "-j", "2"]).expect(0, &["3 passed"]);
    assert_eq!(pids("stayed").len(), 1);
    // A list alone, or a command with the stack's address in it, leaves it nothing to stay for.
    forget();
    project.run(["run", "--collect-only"]).expect(0, &["3 cases"]);
    project.file("suites/ext.yaml", SUITE.replace("tests.txt]", "tests.txt, \"{{ stack.url }}\"]"));
    run(&project, &stack, &["ext", "-j", "1"]).expect(0, &["3 passed"]);
    assert_eq!((pids("stayed").len(), pids("log").len()), (0, 1));
}

#[test]
fn a_process_with_nothing_to_stay_for_is_ended() {
    if !has_python() {
        return;
    }
    use crate::support::{processes_of, wait_until};
    let project = project("a.py::one|pass\n");
    project.file("suites/own.yaml", "cases: [{ name: waits, steps: [{ get: /v1/wait }] }]\n");
    let in_its_case = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = std::sync::Arc::clone(&in_its_case);
    let root = project.root().to_owned();
    // While the case runs, the process of the other suite is gone.
    let stack = Server::stack(move |_, reply| {
        seen.store(wait_until(|| processes_of(&root).len() <= 1), std::sync::atomic::Ordering::SeqCst);
        reply.json(200, "{}");
    });
    run(&project, &stack, &["-k", "waits"]).expect(0, &["1 passed"]);
    assert!(project.path("stayed").exists() && !project.path("log").exists());
    assert!(in_its_case.load(std::sync::atomic::Ordering::SeqCst));
}

#[test]
fn a_runner_that_ends_early_leaves_its_tests_to_another() {
    if !has_python() {
        return;
    }
    let project = project("a.py::one|enough\na.py::two|quit\na.py::three|enough\na.py::four|pass\n");
    let ended = run(&project, &stack(), &["ext", "-j", "1"]);
    ended.expect(1, &["did not come to the end of the test: it ended: exit status 0"]);
    let expected =
        ["PASS ext::a.py::one", "ERROR ext::a.py::two", "PASS ext::a.py::three", "PASS ext::a.py::four"];
    assert_eq!(cases(&ended), expected);
}

#[test]
fn a_runner_that_never_gets_to_a_test_is_started_three_times() {
    if !has_python() {
        return;
    }
    let project = project("a.py::one|stillborn\nb.py::two|pass\n");
    let ended = run(&project, &stack(), &["ext", "-j", "1"]);
    ended.expect(
        1,
        &["2 error", "was started 3 times and finished no test", "exit status 1", "it cannot start"],
    );
    assert_eq!(project.read("log").lines().count(), 3);
}

#[test]
fn their_calls_are_recorded_for_them_and_replayed() {
    if !has_python() {
        return;
    }
    let provider = Server::new(|ask, reply| match ask.path.as_str() {
        "/v1/models" => reply.json(200, crate::support::MODELS),
        _ if ask.body.contains("badly") => reply.json(400, r#"{"error":{"message":"no"}}"#),
        _ => reply.json(200, &crate::support::completion("hello")),
    });
    let project = project(
        "a.py::one|chat|hello\na.py::two|chat|hello\nb.py::three|chat|hello\nb.py::skips|chat-and-skip|ends badly\n",
    );
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let args = ["--stack-config", "starter", "--env", &url];
    let with = |command: &[&'static str]| project.run(command.iter().copied().chain(args));
    let failed = "1 skipped after a failed provider call: ext::b.py::skips (status 400)";
    let processors = std::thread::available_parallelism().unwrap().get();
    let proving = format!(
        "shuffled, those of other runners in {processors} process{}",
        if processors == 1 { "" } else { "es" }
    );
    project.file("stack-test.yaml", "run: { jobs: 64 }\n");
    with(&["record", "-j", "2", "ext"]).expect(0, &["4 recorded", "proven", &proving, failed]);
    with(&["run", "ext", "--report", "markdown=m.md", "--report", "junit=j.xml"])
        .expect(0, &["4 replayed", failed]);
    with(&["run", "ext", "--report", "github"])
        .expect(0, &["::notice ", "::skipped after a failed provider call: status 400"]);
    assert!(project.read("m.md").contains("1 skipped after a failed provider call:"));
    assert!(project.read("j.xml").contains("skipped after a failed provider call"));
    // What they recorded is not taken for something that nobody needs.
    project.run(["recordings", "verify"]).expect(0, &[]);
    // A miss fails the test that caused it, whatever its runner says.
    project.file("tests.txt", "a.py::one|chat-and-pass|something else\na.py::two|chat|hello\n");
    let ended = with(&["run", "ext"]);
    ended.expect(1, &["no recording answers ollama POST", "nearest"]);
    assert_eq!(cases(&ended), ["FAIL ext::a.py::one", "PASS ext::a.py::two"]);
    project.file("tests.txt", "a.py::one|pass\na.py::two|chat|hello\n");
    with(&["run", "ext", "--strict"]).expect(1, &["1 recorded provider call was not asked for"]);
}

#[test]
fn what_their_tests_share_is_recorded_for_the_session() {
    if !has_python() {
        return;
    }
    let provider = Server::new(|ask, reply| match ask.path.as_str() {
        "/v1/models" => reply.json(200, crate::support::MODELS),
        _ => reply.json(200, &crate::support::completion("hello")),
    });
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let args = ["--stack-config", "starter", "--env", &url];
    // Where the stack passes no baggage on, and where it does.
    for (what, jobs) in [("shared", "1"), ("shared-named", "2")] {
        let tests = ["a.py::one", "b.py::two", "c.py::three"];
        let tests: String = tests.iter().map(|test| format!("{test}|{what}|{test}\n")).collect();
        let project = project(&tests);
        let with = |command: &[&'static str]| project.run(command.iter().copied().chain(args));
        with(&["record", "-j", jobs, "ext"]).expect(0, &["3 passed", "proven"]);
        let session = project.files("recordings").into_iter().filter(|file| file.contains("session"));
        assert!(session.clone().any(|file| project.read(&file).contains("shared")), "{what}");
        with(&["run", "-j", jobs, "ext::c.py"]).expect(0, &["1 passed"]);
    }
}

#[test]
fn what_new_tests_share_is_kept_where_only_that_is_missing() {
    if !has_python() {
        return;
    }
    let provider = Server::new(|ask, reply| match ask.path.as_str() {
        "/v1/models" => reply.json(200, crate::support::MODELS),
        _ if ask.body.contains("badly") => reply.json(400, r#"{"error":{"message":"no"}}"#),
        _ => reply.json(200, &crate::support::completion("hello")),
    });
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let project = project("a.py::one|chat|hello\n");
    let with = |command: &[&'static str]| {
        project.run(command.iter().copied().chain(["--stack-config", "starter", "--env", &url]))
    };
    let shared = || project.files("recordings").iter().any(|file| project.read(file).contains("shared"));
    with(&["record", "ext"]).expect(0, &["2 sets written"]);
    project.file("tests.txt", "a.py::one|shared-named|ends badly\n");
    let unkept =
        "nothing was recorded of the case that failed and the calls outside cases, as no case was recorded";
    with(&["record", "ext"]).expect(1, &[unkept]).expect_not("1 recorded");
    assert!(!shared());
    project.file("tests.txt", "a.py::one|shared-named|hello\n");
    with(&["run", "--inference-mode", "record-if-missing", "ext"])
        .expect(0, &["outside any case: 1 replayed, 1 recorded", "proven"]);
    assert!(shared());
    with(&["run", "ext"]).expect(0, &["1 passed"]);
}

#[test]
fn an_error_of_what_tests_share_is_not_held_against_the_recording_of_one() {
    if !has_python() {
        return;
    }
    let provider = Server::provider("hello");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let project = project("a.py::one|chat-and-tear-down|hello\na.py::two|chat-and-tear-down|hello\n");
    let ended = project.run(["record", "ext", "-j", "1", "--stack-config", "starter", "--env", &url]);
    ended
        .expect(1, &["1 passed", "nothing was recorded of the case that ended in an error", "2 sets written"])
        .expect_not("not replay");
    assert_eq!(project.files("recordings/default/ext").len(), 1);
}

#[test]
fn failures_end_the_run_when_there_are_enough() {
    if !has_python() {
        return;
    }
    let project = project("a.py::one|fail|no\na.py::two|pass\na.py::three|pass\n");
    let ended = run(&project, &stack(), &["ext", "--maxfail", "1"]);
    ended.expect(1, &["stopped after 1 failure (--maxfail)", "2 of 3 cases did not run"]);
    assert_eq!(cases(&ended), ["FAIL ext::a.py::one"]);
}

#[test]
fn neither_an_interrupt_nor_a_kill_leaves_a_process() {
    if !has_python() {
        return;
    }
    use crate::support::{processes_of, wait_until};
    use rustix::process::Signal;
    let project = project("a.py::one|wait|2\n");
    let stack = stack();
    let started = |project: &Project| {
        let run = project.start(["run", "--stack-config", &stack.url(), "ext"]);
        assert!(wait_until(|| project.path("log").exists()));
        run
    };
    let interrupted = started(&project);
    interrupted.signal(Signal::INT);
    interrupted.end().expect(2, &["the test was broken off", "interrupted"]);
    std::fs::remove_file(project.path("log")).unwrap();
    let mut killed = started(&project);
    killed.signal(Signal::KILL);
    killed.wait();
    assert!(wait_until(|| processes_of(project.root()).is_empty()), "it ends with the connection");
}

#[test]
fn a_command_runs_each_test_that_another_lists_and_its_report_is_read() {
    let project = Project::new();
    let suite = r#"
external:
  adapter: command
  list: [sh, -c, "echo on its side >&2; echo good; echo bad; echo liar"]
  command: [sh, check.sh, "{{ test }}", "{{ junit }}", "{{ stack.url }}"]
  env: { RUN: "{{ run.id }}" }
"#;
    let check = r#"
test -n "$RUN" && test -n "$3" || exit 9
case "$STACK_TEST_BAGGAGE" in stack-test.case=*"$1") ;; *) exit 8 ;; esac
case "$1" in
good) echo '<testsuite><testcase name="a"/></testsuite>' > "$2" ;;
bad) echo '<testsuite><testcase name="a"/><testcase classname="k" name="b"><failure message="1 is 2"/></testcase></testsuite>' > "$2"; exit 1 ;;
liar) echo '<testsuite><testcase name="a"/></testsuite>' > "$2"; echo said; exit 3 ;;
esac
"#;
    project.file("suites/cmd.yaml", suite).file("check.sh", check);
    let ended = run(&project, &stack(), &["cmd"]);
    ended.expect(1, &["1 of 2 tests failed: k b", "1 is 2", "exit status 3, though none of the 1 test"]);
    assert_eq!(cases(&ended), ["PASS cmd::good", "FAIL cmd::bad", "FAIL cmd::liar"]);
    project
        .file("suites/cmd.yaml", "external: { adapter: command, command: [sh, -c, \"echo out; exit 4\"] }\n");
    let ended = run(&project, &stack(), &["cmd"]);
    ended.expect(1, &["exit status 4", "captured stdout", "out"]);
    assert_eq!(cases(&ended), ["FAIL cmd::command"]);
}

#[test]
fn their_tests_and_our_cases_share_the_slots() {
    if !has_python() {
        return;
    }
    let project = project("a.py::one|chat|a\na.py::two|chat|b\nb.py::three|chat|c\n");
    let case = |n: usize| format!("  - {{ name: c{n}, steps: [{{ get: /v1/x }}] }}\n");
    project.file("suites/own.yaml", format!("cases:\n{}", (0..4).map(case).collect::<String>()));
    let stack = Server::stack(|_, reply| reply.json(200, "{}"));
    run(&project, &stack, &["-j", "2"]).expect(0, &["7 passed"]);
    assert!(stack.most_at_once() <= 2, "{}", stack.most_at_once());
    assert_eq!(stack.asks().len(), 7);
    run(&project, &stack, &["-j", "1"]).expect(0, &["7 passed"]);
}

#[test]
fn a_suite_that_needs_a_model_nobody_chose_is_skipped() {
    let project = Project::new();
    project.file(
        "suites/ext.yaml",
        "external: { adapter: pytest, command: [no-such, \"{{ vision_model }}\"] }\n",
    );
    let ended = run(&project, &stack(), &["ext"]);
    ended.expect(0, &["no vision model given (--vision-model)"]);
    project.file("suites/ext.yaml", "external: { adapter: pytest, command: [no-such, \"{{ test }}\"] }\n");
    run(&project, &stack(), &["ext"]).expect(4, &["nothing here is called `test`", "suites/ext.yaml:1"]);
}

#[test]
fn a_runner_of_whole_files_is_told_which_of_their_tests_to_run() {
    if !has_python() {
        return;
    }
    let project =
        project("a.js::one > x|pass\na.js::two|die\na.js::three|pass\nb.js::four|pass\nc.js::five|skip|no\n");
    project.file("suites/ext.yaml", SUITE.replace("pytest", "jest"));
    let stack = stack();
    let ended = run(&project, &stack, &["-j", "2", "ext"]);
    let expected = [
        "PASS ext::a.js::one",
        "FAIL ext::a.js::two",
        "PASS ext::a.js::three",
        "PASS ext::b.js::four",
        "SKIP ext::c.js::five",
    ];
    assert_eq!(cases(&ended), expected);
    assert_eq!(cases(&run(&project, &stack, &["ext", "-k", "three or four"])).len(), 2);
    assert_eq!(project.read("log").matches("::one").count(), 2, "once in its line, once in its baggage");
    let block = run(&project, &stack, &["ext::a.js::one"]);
    assert_eq!(cases(&block), ["PASS ext::a.js::one"], "a describe block");
}
