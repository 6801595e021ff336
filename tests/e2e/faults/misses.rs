//! Provider calls that no recording answers, told so that they can be mended.

use crate::support::{Ended, Project, Server};

const ARGS: [&str; 7] = [
    "a",
    "--stack-config",
    "starter",
    "--env",
    "OLLAMA_URL=http://127.0.0.1:9/v1",
    "--report",
    "junit=j.xml",
];

/// A case with two calls: the second has these words and members.
fn suite(words: &str, members: &str) -> String {
    let step = |words: &str, members: &str| {
        format!(
            "      - post: /v1/chat/completions\n        json: {{ model: ollama/fake, messages: [{{ role: system, content: Be brief }}, {{ role: user, content: {words} }}]{members} }}\n"
        )
    };
    format!("cases:\n  - name: two\n    steps:\n{}{}", step("Say hello", ""), step(words, members))
}

fn recorded(words: &str, members: &str) -> Project {
    let project = Project::with(&suite(words, members));
    let provider = Server::provider("hello");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    project.run(["record", "a", "--stack-config", "starter", "--env", &url]).expect(0, &["2 recorded"]);
    project
}

/// The replay of what was recorded so after the suite was changed so.
fn replay(recorded_as: (&str, &str), now: (&str, &str)) -> (Project, Ended) {
    let project = recorded(recorded_as.0, recorded_as.1);
    project.file("suites/a.yaml", suite(now.0, now.1));
    let ended = project.run(["run"].into_iter().chain(ARGS));
    (project, ended)
}

#[test]
fn a_changed_prompt_is_shown_beside_the_recorded_one_with_its_step_and_the_command() {
    let (project, ended) = replay(("Which planet has rings", ""), ("Which planet has moons", ""));
    ended.expect(
        1,
        &[
            "no recording answers ollama POST /v1/chat/completions (prompt changed)",
            "step 2 (suites/a.yaml:6:15) asked fake: Which planet has moons",
            "nearest is call 2 of 2 of this case",
            "/messages/1/content differs",
            "- \"Which planet has rings\"",
            "+ \"Which planet has moons\"",
            "'a::two'",
        ],
    );
    let junit = project.read("j.xml");
    assert!(junit.contains("type=\"miss\"") && junit.contains("/messages/1/content differs"), "{junit}");
    assert!(
        junit.contains("name=\"miss\" value=\"ollama POST /v1/chat/completions: prompt changed"),
        "{junit}"
    );
}

#[test]
fn a_volatile_value_comes_with_its_rule() {
    let (_, ended) = replay(("It is 2025-01-02", ""), ("It is 2026-03-04", ""));
    ended.expect(1, &["(volatile value)", "differs (date)", r"- mask: '\d{4}-\d{2}-\d{2}'", "name: date"]);
    let (_, ended) = replay(("Hi", ", user: run-17"), ("Hi", ", user: run-18"));
    ended.expect(1, &["(volatile value)", "/user differs (counter)", "- ignore: /user"]);
}

#[test]
fn parameters_and_calls_that_came_or_went_are_told_apart() {
    replay(("Hi", ""), ("Hi", ", seed: 7")).1.expect(1, &["(parameter added)", "/seed is new"]);
    replay(("Hi", ", seed: 7"), ("Hi", "")).1.expect(1, &["(parameter removed)", "/seed is gone"]);
    replay(("Hi", ", seed: 7"), ("Hi", ", seed: 8")).1.expect(1, &["(parameter changed)", "/seed differs"]);
    replay(("Hi", ""), ("Say hello", "")).1.expect(1, &["(one call too many)", "recorded once"]);
}

#[test]
fn a_case_fails_for_a_miss_even_if_the_suite_expects_the_error() {
    let suite = "cases:\n  - name: two\n    steps:\n      - post: /v1/chat/completions\n        json: { model: ollama/fake, messages: [{ role: user, content: Hi }] }\n        expect: { status: { ge: 400 } }\n";
    let project = Project::with(suite);
    project.run(["run"].into_iter().chain(ARGS)).expect(
        1,
        &["FAIL", "no recording answers ollama POST", "(new call)", "there is no recording of this case"],
    );
    assert_eq!(project.junit("j.xml").failures, 1);
}

#[test]
fn a_recorded_call_that_is_not_asked_for_fails_its_case_where_that_is_wanted() {
    let project = recorded("Hi", "");
    let whole = suite("Hi", "");
    let second = whole.rfind("      - post").unwrap();
    project.file("suites/a.yaml", &whole[..second]);
    project.run(["run"].into_iter().chain(ARGS)).expect(0, &["1 recorded but not asked for"]);
    let strict = project.run(["run", "--strict"].into_iter().chain(ARGS));
    strict.expect(1, &["FAIL", "1 recorded provider call was not asked for", "stack-test record"]);
    assert!(project.read("j.xml").contains("was not asked for"));
}

#[test]
fn what_is_unused_as_a_whole_counts_for_cases_that_ran_and_not_for_calls_outside_cases() {
    let project = recorded("Hi", "");
    let set = project.read("recordings/default/a/two.json");
    project.file("recordings/default/a/later.json", set.replace("a::two", "a::later"));
    project.file("recordings/default/a/gone.json", set.replace("a::two", "a::gone"));
    project
        .file("recordings/default/_session.json", set.replace("a::two", "_session").replace("Be brief", "x"));
    let health = "steps: [{ get: /v1/health }]";
    let skipped = format!("  - {{ name: later, skip: not yet, {health} }}\n");
    project.file("suites/a.yaml", format!("{}{skipped}", suite("Hi", "")));
    let strict = || project.run(["run", "--strict"].into_iter().chain(ARGS));
    strict().expect(0, &["1 passed", "1 skipped"]);
    // It asks nobody any more.
    project.file("suites/a.yaml", format!("cases:\n  - {{ name: two, {health} }}\n{skipped}"));
    strict().expect(1, &["1 failed", "1 skipped", "2 recorded provider calls were not asked for"]);
    project.run(["recordings", "verify"]).expect(1, &["a/gone.json"]).expect_not("later.json");
}
