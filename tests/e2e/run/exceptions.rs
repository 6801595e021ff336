//! `skip` and `xfail` that hold for some stacks only.

use crate::support::{Project, Server};

const SUITE: &str = r#"
cases:
  - name: expected_here
    xfail:
      - { reason: not here, when: { server: [ogx, llama-stack] } }
      - { reason: too new, when: { server: embedded, version: ">=0.1" } }
    steps: [{ get: /v1/no-such-route, expect: { status: 200 } }]
  - name: not_run_here
    skip: [{ reason: nowhere else, when: { server: other } }, { reason: knows it not, when: { server: embedded } }]
    steps: [{ get: /v1/health, expect: { status: 418 } }]
  - name: run_here
    skip: { reason: not served, when: { server: embedded, version: ">9000" } }
    xfail: { reason: not there, when: { server: other } }
    steps: [{ get: /v1/version, expect: { status: 200 } }]
"#;

#[test]
fn an_exception_holds_for_the_stack_that_it_names() {
    let project = Project::with(SUITE);
    let ended = project.run(["run", "a", "--stack-config", "starter", "-v"]);
    ended.expect(
        0,
        &["a::expected_here  (too new)", "a::not_run_here  (knows it not)", "1 passed, 1 skipped, 1 xfailed"],
    );
    // One that says nothing of itself.
    let other = Server::new(|_, reply| reply.json(404, "{}"));
    let ended = project.run(["run", "a", "--stack-config", &other.url(), "-v"]);
    ended.expect(
        1,
        &["FAIL", "a::expected_here", "a::not_run_here  (nowhere else)", "a::run_here  (not there)"],
    );
}

#[test]
fn what_is_wrong_with_one_is_shown_where_it_is() {
    let project = Project::with(
        "cases:\n  - name: a\n    xfail:\n      - { reason: x, when: { server: lama-stack } }\n      \
         - { reason: x, when: { version: 1 } }\n      - { reason: x, when: { server: ogx, version: new } }\n      \
         - { reason: x, when: { server: [ogx, other], version: 1 } }\n    steps: [{ get: / }]\n",
    );
    project.run(["run", "a"]).expect(
        4,
        &[
            "a.yaml:4:38",
            "did you mean `llama-stack`?",
            "`when` needs a `server`",
            "`new` is no range of versions",
            "`version` goes with one server",
        ],
    );
}
