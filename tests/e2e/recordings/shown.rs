//! What there is, what it says and what it took.

use super::recording;
use crate::support::Project;
use serde_json::Value;

fn data(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn sets_are_listed_with_what_is_in_them() {
    let project = Project::new();
    recording(&project, "one", "first", "x");
    recording(&project, "two", "second", "x");
    project.run(["recordings", "list"]).expect(0, &["a::first", "a::second", "ollama, openai", "2 sets"]);
    let one = project.run(["recordings", "list", "--setup", "two", "--json"]);
    let list = data(&one.expect(0, &[]).stdout);
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!((list[0]["case"].as_str(), list[0]["calls"].as_u64()), (Some("a::second"), Some(2)));
    assert_eq!(
        (list[0]["tokens"]["input"].as_u64(), list[0]["tokens"]["output"].as_u64()),
        (Some(15), Some(22))
    );
    project.run(["recordings", "list", "-k", "first"]).expect(0, &["1 set"]).expect_not("a::second");
    project.run(["recordings", "list", "a::second"]).expect(0, &["1 set"]).expect_not("a::first");
    project.run(["recordings", "list", "b/"]).expect(4, &["`b/` names no recording"]);
    project.run(["recordings", "list", "--setup", "on"]).expect(4, &["did you mean `one`?"]);
}

#[test]
fn a_broken_set_does_not_hide_the_others() {
    let project = Project::new();
    recording(&project, "one", "first", "x");
    project.file("recordings/one/a/second.json", "{");
    project.run(["recordings", "list"]).expect(1, &["a::first", "second.json:1:", "no complete recording"]);
}

#[test]
fn calls_are_shown_as_what_was_said() {
    let project = Project::new();
    let path = recording(&project, "one", "first", "\\u001b[2Jhello");
    let shown = project.run(["recordings", "show", "a::first"]);
    shown.expect(0, &["openai POST /v1/chat/completions", "m: Which planet?", "Saturn", "2 pieces in 9 ms"]);
    // A model does not get at the terminal.
    shown.expect(0, &["␛[2Jhello", "10 in, 20 out"]).expect_not("\u{1b}");
    let raw = project.run(["recordings", "show", "a::first", "--raw"]);
    assert_eq!(raw.stdout, project.read(&path));
    let json = data(&project.run(["recordings", "show", "a::first", "--json"]).stdout);
    assert_eq!(json[0]["calls"][0]["response"]["text"], "Saturn");
    let pieces = &json[0]["calls"][0]["response"]["pieces"];
    assert_eq!((&pieces[0][0], &pieces[1][0]), (&3.into(), &9.into()));
    project.run(["recordings", "show", "a::other"]).expect(4, &["`a::other` names no recording"]);
    project.run(["recordings", "show"]).expect(4, &["what is to be shown?"]);
}

#[test]
fn tokens_are_counted_by_provider_and_model() {
    let project = Project::new();
    recording(&project, "one", "first", "x");
    recording(&project, "one", "second", "x");
    project
        .run(["recordings", "stats"])
        .expect(0, &["makes 4 calls and takes about 74 tokens (30 in, 44 out)"]);
    let stats = data(&project.run(["recordings", "stats", "--json"]).stdout);
    let row =
        |at: usize| (stats["models"][at]["model"].clone(), stats["models"][at]["output_tokens"].clone());
    assert_eq!((row(0), row(1)), (("n".into(), 40.into()), ("m".into(), 4.into())));
}

#[test]
fn what_is_shown_holds_no_secret() {
    let project = Project::new();
    recording(&project, "one", "first", "sk-made-up-key");
    let env = [("MADE_UP_API_KEY", "sk-made-up-key")];
    for args in [
        &["recordings", "show", "a::first"][..],
        &["recordings", "show", "a::first", "--raw"],
        &["recordings", "show", "a::first", "--json"],
        &["recordings", "export", "--to", "har"],
    ] {
        let ended = project.run_with(args.iter().copied(), &env);
        ended.expect(0, &["***"]).expect_not("sk-made-up-key");
    }
    project
        .run_with(["recordings", "verify"], &env)
        .expect(1, &["first.json: call 2", "answer body /message/content: MADE_UP_API_KEY"]);
}

#[test]
fn a_secret_in_the_name_of_a_case_is_told_and_not_shown() {
    const SHAPED: &str = "sk-proj-madeup0madeup0madeup0";
    let project = Project::new();
    recording(&project, "one", "first", "x");
    let path = format!("recordings/one/a/case[{SHAPED}].json");
    project.file(&path, crate::recordings::two_calls(&format!("case[{SHAPED}]"), "x"));
    let listed = project.run(["recordings", "list"]);
    listed.expect(0, &["a::case[***]"]).expect_not(SHAPED);
    let columns: Vec<usize> = listed.stdout.lines().filter_map(|line| line.find("ollama")).collect();
    assert!(columns.len() == 2 && columns[0] == columns[1], "{}", listed.stdout);
    let verified = project.run(["recordings", "verify"]);
    verified.expect(1, &["the name of the case: openai-key", "rename the case"]).expect_not(SHAPED);
}
