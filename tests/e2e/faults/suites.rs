//! Suites that are wrong: all of it told at once, with the place, before anything starts.

use crate::support::{Ended, Project, Server};
use std::fmt::Write as _;

/// What `a.yaml` is told.
fn told(suite: impl AsRef<[u8]>) -> Ended {
    let server = Server::stack(|_, reply| reply.json(200, "{}"));
    let project = Project::new();
    project.file("suites/a.yaml", suite);
    let ended = project.run(["run", "a", "--stack-config", &server.url(), "--report", "junit=j.xml"]);
    ended.expect(4, &["no case was run"]);
    assert!(project.junit("j.xml").errors >= 1);
    assert_eq!(server.lines(), Vec::<String>::new());
    ended
}

/// A few hundred bytes that would be gigabytes.
pub(crate) fn bomb() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let alias = vec![format!("*a{}", n - 1); 10].join(", ");
        let _ = writeln!(text, "a{n}: &a{n} [{alias}]");
    }
    text
}

#[test]
fn files_that_are_none() {
    let project = Project::new();
    project.run(["run", "suites/missing.yaml"]).expect(4, &["missing"]);
    std::fs::create_dir_all(project.path("suites/folder.yaml")).unwrap();
    project.run(["run", "suites/folder.yaml"]).expect(4, &["folder.yaml"]);
    std::os::unix::fs::symlink("loop.yaml", project.path("suites/loop.yaml")).unwrap();
    project.run(["run", "suites/loop.yaml"]).expect(4, &["loop.yaml"]);
    std::os::unix::fs::symlink("/dev/zero", project.path("suites/zero.yaml")).unwrap();
    project.run(["run", "zero"]).expect(4, &["zero"]);
    std::fs::create_dir_all(project.path("suites/round")).unwrap();
    std::os::unix::fs::symlink("..", project.path("suites/round/and")).unwrap();
    project.run(["run", "round/"]).expect(4, &["round"]);
}

#[test]
fn yaml_that_is_none() {
    told(b"cases: [\xff\xfe]").expect(4, &["a.yaml", "no UTF-8 text: byte 8"]);
    told("cases:\n  - name: 'open\n").expect(4, &["a.yaml:", "not valid YAML"]);
    told("cases:\n\t- name: one\n").expect(4, &["a.yaml:2:", "not valid YAML"]);
    told("cases: [{ name: one, name: two, steps: [] }]\n").expect(4, &["a.yaml:1:"]);
    told("[]").expect(4, &["a.yaml:1:1"]);
    told("\0\0\0").expect(4, &["a.yaml:"]);
    told(format!("cases: {}{}", "[".repeat(100_000), "]".repeat(100_000))).expect(4, &["a.yaml:"]);
}

#[test]
fn a_bomb_does_not_go_off() {
    let ended = told(bomb());
    assert!(ended.said().len() < 100_000);
}

#[test]
fn ten_megabytes_are_too_much() {
    let mut text = "about: big\n# ".to_owned();
    text.push_str(&"x".repeat(10 * 1024 * 1024));
    text.push_str("\ncases: []\n");
    let ended = told(text);
    ended.expect(4, &["a.yaml", "split it into several"]);
    assert!(ended.said().len() < 100_000);
}

#[test]
fn suites_that_include_each_other() {
    let project = Project::new();
    project.file("suites/a.yaml", "include: [b]\n").file("suites/b.yaml", "include: [a]\n");
    project.run(["run", "a"]).expect(4, &["include", "a → b → a"]);
    project.file("suites/self.yaml", "include: [self]\n");
    project.run(["run", "self"]).expect(4, &["self → self"]);
    project.file("suites/out.yaml", "include: [../../etc/]\n");
    project.run(["run", "out"]).expect(4, &["below the suites folder"]);
}

#[test]
fn fragments_that_use_each_other() {
    told(
        "fragments:
  one: { steps: [{ use: two }] }
  two: { steps: [{ use: one }] }
cases: [{ name: a, steps: [{ use: one }] }]
",
    )
    .expect(4, &["in a circle", "one → two → one"]);
}

#[test]
fn cases_with_the_same_id() {
    told(
        "cases:
  - { name: same, steps: [{ get: /x }] }
  - { name: other, steps: [{ get: /x }] }
  - { name: same, steps: [{ get: /x }] }
",
    )
    .expect(4, &["same", "a.yaml:4:"]);
}

#[test]
fn a_template_that_names_nothing() {
    told(
        "cases:
  - name: one
    steps:
      - get: /v1/files
        capture: { file_id: $.id }
      - get: /v1/files/{{ file_idd }}
",
    )
    .expect(4, &["file_idd", "a.yaml:6:", "`file_id`"]);
    told("cases: [{ name: one, steps: [{ get: '/{{ open' }] }]\n").expect(4, &["a.yaml:1:"]);
}

#[test]
fn everything_wrong_in_every_file_is_told_at_once() {
    let project = Project::new();
    project.file("suites/a.yaml", "cases:\n  - name: one\n    steps: [{ gte: /x }]\n    timeout: soon\n");
    project.file(
        "suites/b.yaml",
        "cases:\n  - name: two\n    steps: [{ get: /x, expect: { $.a: { gtt: 1 } } }]\n",
    );
    project
        .file("suites/c.yaml", "cases:\n  - name: three\n    steps: [{ get: /x, expect: { \"$.[\": 1 } }]\n");
    let ended = project.run(["run", "a", "b", "c", "--report", "junit=j.xml"]);
    ended.expect(4, &["gte", "soon", "gtt", "a.yaml:3:", "a.yaml:4:", "b.yaml:3:", "c.yaml:3:"]);
    assert!(project.junit("j.xml").errors >= 4);
}

#[test]
fn a_file_beside_the_suite_stays_beside_it() {
    let outside =
        "cases: [{ name: one, steps: [{ post: /x, multipart: { file: { path: ../../../etc/passwd } } }] }]\n";
    told(outside).expect(4, &["outside the suites folder"]);
    let missing =
        "cases: [{ name: one, steps: [{ post: /x, multipart: { file: { path: missing.bin } } }] }]\n";
    told(missing).expect(4, &["missing.bin"]);
}
