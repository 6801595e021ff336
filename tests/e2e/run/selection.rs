//! Which cases run.

use crate::support::{Project, Server};

const SUITE: &str = "
tags: [slow]
cases:
  - name: chat
    params: { planet: [saturn, earth] }
    steps: [{ get: /chat, expect: { status: 200 } }]
  - name: tools
    tags: [tools]
    steps: [{ get: /tools, expect: { status: 200 } }]
";

fn project() -> Project {
    let project = Project::with(SUITE);
    project.file(
        "suites/b/c.yaml",
        "cases:\n  - name: files\n    steps: [{ get: /files, expect: { status: 200 } }]\n",
    );
    project.file("suites/all.yaml", "include: [b/, a]\n");
    project
}

fn collected(project: &Project, args: &[&str]) -> Vec<String> {
    let ended = project.run(["run", "--collect-only"].into_iter().chain(args.iter().copied()));
    ended.expect(0, &[]);
    ended.stdout.lines().take_while(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn collect_only_lists_the_ids_and_starts_nothing() {
    let project = project();
    let all = ["b/c::files", "a::chat[saturn]", "a::chat[earth]", "a::tools"];
    assert_eq!(collected(&project, &["all", "--stack-config", "http://127.0.0.1:1"]), all);
    assert_eq!(collected(&project, &["suites/a.yaml", "-k", "chat and not earth"]), ["a::chat[saturn]"]);
    assert_eq!(collected(&project, &["a::tools"]), ["a::tools"]);
    assert_eq!(collected(&project, &["b/"]), ["b/c::files"]);
    assert_eq!(collected(&project, &["all", "--tag", "tools"]), ["a::tools"]);
    assert_eq!(collected(&project, &["--subdirs", "b", "--setup", "ollama"]), ["b/c::files"]);
    assert_eq!(project.files("target"), Vec::<String>::new());
}

#[test]
fn a_pattern_that_is_none_is_underlined() {
    let ended = project().run(["run", "all", "-k", "chat and (not", "--collect-only"]);
    ended.expect(4, &["-k:1:14", "chat and (not"]);
}

#[test]
fn a_name_that_is_nearly_right_is_put_right() {
    project().run(["run", "alll"]).expect(4, &["did you mean `all`?"]);
    project().run(["run", "a::tool"]).expect(4, &["did you mean", "tools"]);
}

#[test]
fn the_first_failures_end_the_run() {
    let server = Server::stack(|_, reply| reply.json(500, "{}"));
    let project = project();
    let url = server.url();
    let ended =
        project.run(["run", "all", "--stack-config", &url, "-j", "1", "-x", "--report", "junit=j.xml"]);
    ended.expect(1, &["stopped after 1 failure (--maxfail)"]);
    assert_eq!(server.lines(), ["GET /files"]);
    assert_eq!(project.junit("j.xml").failures, 1);
    let ended = project.run(["run", "all", "--stack-config", &url, "-j", "1", "--maxfail", "2"]);
    ended.expect(1, &["stopped after 2 failures (--maxfail)"]);
    assert_eq!(server.asks().len(), 3);
}

#[test]
fn a_case_runs_once_for_each_of_its_models() {
    let project = Project::with(
        "cases: [{ name: chat, models: [text_model], steps: [{ get: '/{{ text_model }}', expect: { status: 200 } }] }]\n",
    );
    let ids = ["a::chat[txt=one]", "a::chat[txt=p/two]"];
    assert_eq!(collected(&project, &["a", "--text-model", "one,p/two"]), ids);
    let server = Server::stack(|_, reply| reply.json(200, "{}"));
    let args = ["-j", "1", "--text-model", "one,p/two"];
    let ended = project.run(["run", "a", "--stack-config", &server.url()].into_iter().chain(args));
    ended.expect(0, &["2 passed"]);
    assert_eq!(server.lines(), ["GET /one", "GET /p/two"]);
}
