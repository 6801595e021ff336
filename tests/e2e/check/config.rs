//! `stack-test check config`.

use crate::support::Project;
use serde_json::Value;

const GOOD: &str = "version: 2
apis: [inference, files]
providers:
  inference:
  - provider_id: mine
    provider_type: remote::vllm
    config: { base_url: '${env.VLLM_URL:=http://127.0.0.1:9/v1}' }
  files:
  - { provider_id: localfs, provider_type: inline::localfs, config: {} }
";

#[test]
fn every_file_is_looked_at_and_what_is_wrong_has_its_place() {
    let project = Project::new();
    project.file("good.yaml", GOOD);
    // Neither its ending nor a slash says that it is a path.
    project.file("good", GOOD);
    project.file("typo.yaml", GOOD.replace("vllm\n", "vlm\n"));
    project.file("unset.yaml", GOOD.replace("VLLM_URL:=http://127.0.0.1:9/v1", "NOT_SET_ANYWHERE"));
    project.file("broken.yaml", "providers: [\n");
    let files = ["check", "config", "typo.yaml", "broken.yaml", "unset.yaml", "good.yaml", "good"];
    let ended = project.run(files);
    ended.expect(
        1,
        &[
            " --> typo.yaml:6:20",
            "did you mean `remote::vllm`?",
            " --> broken.yaml:",
            " --> unset.yaml:7:25",
            "5 run configs: 3 no longer load and serve",
        ],
    );
    assert_eq!(
        ended.stdout.lines().filter(|line| line.contains("  OK    2          0 ")).count(),
        2,
        "{}",
        ended.stdout
    );
    let said = project.run(files.into_iter().chain(["--format", "json"]));
    let said: Value = serde_json::from_str(&said.expect(1, &[]).stdout).unwrap();
    let ok: Vec<bool> = said.as_array().unwrap().iter().map(|file| file["ok"].as_bool().unwrap()).collect();
    assert_eq!(ok, [false, false, false, true, true]);
    assert_eq!(said[0]["problems"][0]["place"], "typo.yaml:6:20");
    project
        .run(["check", "config", "good.yaml", "--format", "markdown"])
        .expect(0, &["1 run config: all load and serve", "| good.yaml | OK | 2 | 0 |"]);
}

#[test]
fn wrong_arguments_are_no_fault_of_the_files() {
    let project = Project::new();
    project.file("good.yaml", GOOD);
    for (flag, value, words) in [
        ("--runtime", "ogy", "is no runtime"),
        ("--setup", "tinny", "did you mean `tiny`?"),
        ("--env", "X", "sets nothing"),
        ("--ready-timeout", "soon", "--ready-timeout"),
    ] {
        project.run(["check", "config", "good.yaml", flag, value]).expect(4, &[words]);
    }
    project.run(["check", "config"]).expect(4, &["<FILE>"]);
    project.run(["check", "config", "good.yaml", "none.yaml"]).expect(4, &["there is no file `none.yaml`"]);
}
