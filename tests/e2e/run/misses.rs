//! A miss says what mends it, and that does.

use crate::support::{Ended, Project, Server, completion};

const HELLO: &str = r#"
cases:
  - name: hello
    models: [text_model]
    steps:
      - post: /v1/chat/completions
        json: { model: "{{ text_model }}", messages: [{ role: user, content: Say hello }] }
        expect: { status: 200 }
"#;

/// A provider with two models.
fn provider() -> Server {
    Server::new(|ask, reply| match ask.path.as_str() {
        "/v1/models" => reply.json(
            200,
            r#"{"object":"list","data":[{"id":"m1","object":"model"},{"id":"m2","object":"model"}]}"#,
        ),
        _ => reply.json(200, &completion("hello")),
    })
}

/// The command that is printed, as words after the program's name.
fn printed(ended: &Ended) -> Vec<String> {
    let said = ended.said();
    let line = said.lines().find_map(|line| line.trim().strip_prefix("stack-test record ")).expect(&said);
    let words =
        std::process::Command::new("sh").arg("-c").arg(format!("printf '%s\\n' {line}")).output().unwrap();
    let words = String::from_utf8(words.stdout).unwrap();
    ["record"].into_iter().chain(words.lines()).map(str::to_owned).collect()
}

#[test]
fn the_command_that_is_printed_records_what_is_missing() {
    let provider = provider();
    let project = Project::new();
    project.file("my suites/a.yaml", HELLO).file("other.yaml", "run: {}\n");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let flags = [
        ["--config", "other.yaml"],
        ["--suites-dir", "my suites"],
        ["--recordings", "kept"],
        ["--stack-config", "starter"],
        ["--text-model", "ollama/m1"],
        ["--env", &url],
        ["--env", "SOME_TOKEN=it-is-secret-0123"],
        ["--secret", "hidden-value-4567"],
    ];
    let args: Vec<&str> = ["run", "a"].into_iter().chain(flags.into_iter().flatten()).collect();
    let ended = project.run(args.clone());
    ended.expect(1, &["--suites-dir 'my suites'", "--text-model ollama/m1", "'a::hello[txt=ollama/m1]'"]);
    // A call outside cases is recorded with what was selected.
    let said = ended.said();
    let of_all = |line: &str| line.contains("stack-test record --config other.yaml") && line.ends_with(" a");
    assert!(said.lines().any(of_all), "{said}");
    ended.expect_not("it-is-secret").expect_not("SOME_TOKEN").expect_not("hidden-value");
    let command = printed(&ended);
    project.run(command.iter().map(String::as_str)).expect(0, &["1 recorded"]);
    project.run(args).expect(0, &["1 replayed"]);
}

#[test]
fn a_case_that_is_recorded_with_another_model_or_under_another_name_says_so() {
    let provider = provider();
    let project = Project::with(HELLO);
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let with = |command, model| {
        let args = [command, "a", "--stack-config", "starter", "--text-model", model, "--env", &url];
        project.run(args)
    };
    with("record", "ollama/m1").expect(0, &["1 recorded"]);
    with("run", "ollama/m2").expect(
        1,
        &["(other model)", "but with other parameters: as `a::hello[txt=ollama/m1]`", "/model", "\"m1\""],
    );
    project.file("suites/a.yaml", HELLO.replace("name: hello", "name: greeting"));
    with("run", "ollama/m1")
        .expect(1, &["the same call is recorded as `a::hello[txt=ollama/m1]`", "move its recordings"]);
}
