//! What rules do to what is recorded.

use super::changed::git;
use crate::support::Project;

/// Calls with a question, a time and an answer each.
fn set(owner: &str, calls: &[(&str, u32, &str)]) -> String {
    let call = |(question, time, answer): &(&str, u32, &str)| {
        format!(
            r#"{{"request": {{"provider": "openai", "method": "POST", "path": "/v1/x", "body": {{"json": {{"q": "{question}", "time": {time}}}}}}},
  "response": {{"status": 200, "headers": [["content-type", "application/json"]], "body": {{"json": {{"a": "{answer}"}}}}}}}}"#
        )
    };
    let calls: Vec<String> = calls.iter().map(call).collect();
    format!(r#"{{"stack-test-recording": 1, "case": "{owner}", "exchanges": [{}]}}"#, calls.join(","))
}

const CALLS: [(&str, u32, &str); 5] =
    [("one", 1, "a"), ("one", 2, "a"), ("two", 1, "a"), ("two", 2, "b"), ("three", 1, "a")];

fn project() -> Project {
    let project = Project::new();
    project.file("recordings/default/a/case.json", set("a::case", &CALLS));
    project.file("recordings/default/b/case.json", set("b::case", &CALLS));
    project.file("recordings/default/_session.json", set("_session", &CALLS));
    project
}

#[test]
fn what_became_one_question_is_told_and_duplicates_outside_cases_go_if_that_is_wanted() {
    let project = project();
    project
        .run(["recordings", "rekey"])
        .expect(0, &["3 sets: the rules tell questions apart just as no rules"]);
    project.file("stack-test.yaml", "match: [{ ignore: /time }]\n");
    let before = project.read("recordings/default/_session.json");
    let told = project.run(["recordings", "rekey"]);
    told.expect(
        1,
        &[
            "a::case  (default)\n  calls 1 and 2 are one question, with equal answers\n  warning: calls 3 and 4 are one \
             question, with different answers",
            "_session  (default)",
            "left out: call 2, as another",
            "3 joined, 3 ambiguous, 0 parted",
            "1 duplicate to remove; nothing was",
        ],
    );
    assert_eq!(project.read("recordings/default/_session.json"), before);
    // Of cases nothing goes: each call needs its answer.
    project.run(["recordings", "rekey", "a"]).expect(0, &["1 set, 1 of them"]).expect_not("_session");
    let case = project.read("recordings/default/a/case.json");
    project.run(["recordings", "rekey", "--yes"]).expect(0, &["1 duplicate removed"]);
    assert_eq!(project.read("recordings/default/a/case.json"), case);
    let session = project.read("recordings/default/_session.json");
    assert_eq!((session.matches("\"one\"").count(), session.matches("\"two\"").count()), (1, 2), "{session}");
    project.run(["recordings", "rekey"]).expect(0, &["2 joined, 3 ambiguous"]).expect_not("left out");
}

#[test]
fn rules_of_suites_count_and_those_of_a_revision_are_compared_with() {
    let project = project();
    let suite = |rules: &str| format!("{rules}\ncases: [{{ name: case, steps: [{{ get: /v1/models }}] }}]\n");
    project.file("suites/a.yaml", suite("match: [{ ignore: /time }]"));
    git(&project, &["init", "--quiet"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "--message", "Ignore the time"]);
    let told = project.run(["recordings", "rekey"]);
    told.expect(0, &["a::case", "3 sets, 1 of them with other questions than by no rules"])
        .expect_not("b::case");
    project.run(["recordings", "rekey", "--since", "HEAD"]).expect(0, &["just as those of HEAD"]);
    project.file("suites/a.yaml", suite(""));
    project
        .run(["recordings", "rekey", "--since", "HEAD"])
        .expect(0, &["a::case", "calls 1 and 2 are several questions, and were one", "2 parted"]);
    project.run(["recordings", "rekey", "--since", "nowhere"]).expect(4, &["a revision `nowhere`"]);
    project.file("suites/a.yaml", suite("match: [{ ignore: time }]"));
    project.run(["recordings", "rekey"]).expect(4, &["suites/a.yaml:1:", "`time` is no place"]);
}
