//! Where settings come from, and which wins.

use crate::support::{Project, Server};

const SUITE: &str = "cases: [{ name: one, steps: [{ get: /one, expect: { status: 200 } }] }]\n";

fn ok() -> Server {
    Server::stack(|_, reply| reply.json(200, "{}"))
}

#[test]
fn the_stack_config_comes_from_flag_then_environment_then_project() {
    let project = Project::with(SUITE);
    let servers = [ok(), ok(), ok(), ok(), ok()];
    let urls = servers.each_ref().map(Server::url);
    project.file("stack-test.yaml", format!("run: {{ stack_config: \"{}\" }}\n", urls[4]));
    let env = [
        ("STACK_TEST_CONFIG", urls[1].as_str()),
        ("LLAMA_STACK_CONFIG", urls[2].as_str()),
        ("OGX_CONFIG", urls[3].as_str()),
    ];
    project.run_with(["run", "a", "--stack-config", &urls[0]], &env).expect(0, &[&urls[0]]);
    for first in 0..3 {
        project.run_with(["run", "a"], &env[first..]).expect(0, &[&urls[first + 1]]);
    }
    // Set, but to nothing, is not set.
    project.run_with(["run", "a"], &[("STACK_TEST_CONFIG", "")]).expect(0, &[&urls[4]]);
    assert!(servers.iter().all(|server| server.asks().len() == 1));
}

#[test]
fn a_wrong_stack_config_names_the_variable_it_is_in() {
    let project = Project::with(SUITE);
    let ended = project.run_with(["run", "a"], &[("LLAMA_STACK_CONFIG", "inferense=ollama")]);
    ended.expect(4, &["LLAMA_STACK_CONFIG:1:1", "did you mean `inference`?"]);
}

#[test]
fn the_mode_comes_from_flag_then_environment() {
    let project = Project::with(SUITE);
    let env = [("STACK_TEST_INFERENCE_MODE", "live"), ("LLAMA_STACK_TEST_INFERENCE_MODE", "record")];
    let run = ["run", "a", "--stack-config", "starter"];
    // `/one` is no route of the stack: what counts is the mode that is shown.
    project.run_with(run, &env).expect(1, &["starter, live"]);
    project.run_with(run, &env[1..]).expect(1, &["starter, record"]);
    project.run_with(run, &[]).expect(1, &["starter, replay"]);
    let flag = run.into_iter().chain(["--inference-mode", "replay"]);
    project.run_with(flag, &env).expect(1, &["starter, replay"]);
    project
        .run_with(run, &[("STACK_TEST_INFERENCE_MODE", "relive")])
        .expect(4, &["STACK_TEST_INFERENCE_MODE", "relive"]);
}

#[test]
fn every_mistake_of_the_project_is_told_at_once() {
    let project = Project::with(SUITE);
    project.file("stack-test.yaml", "run: { jobbs: 3 }\nsetups: { mine: { modells: {} } }\n");
    project.run(["run", "a"]).expect(4, &["stack-test.yaml:1:8", "jobbs", "stack-test.yaml:2:", "modells"]);
    project.file("stack-test.yaml", "run: { jobs: many, case_timeout: 0s }\n");
    project
        .run(["run", "a"])
        .expect(4, &["a number of cases is wanted here", "nothing gets done in no time"]);
    project.run(["run", "a", "--config", "missing.yaml"]).expect(4, &["there is no file `missing.yaml`"]);
}

#[test]
fn mistakes_of_the_settings_are_in_the_reports() {
    let project = Project::with(SUITE);
    project.file("stack-test.yaml", "run: { report: junit=j.xml }\nsetupz: {}\n");
    project.run(["run", "a"]).expect(4, &["has no key `setupz`", "no case was run"]);
    assert_eq!(project.junit("j.xml").errors, 1);
}

#[test]
fn a_project_is_found_from_a_folder_below() {
    let server = ok();
    let project = Project::new();
    project.file("stack-test.yaml", format!("run: {{ stack_config: \"{}\", jobs: 1 }}\n", server.url()));
    project.file("deep/er/suites/a.yaml", SUITE);
    project.run(["run", "--suites-dir", "deep/er/suites", "a"]).expect(0, &[]);
}

#[test]
fn a_setup_whose_provider_is_not_here_says_so() {
    let project = Project::with(
        "cases: [{ name: one, models: [text_model], steps: [{ get: /one, expect: { status: 200 } }] }]\n",
    );
    let ended = project.run(["run", "a", "--stack-config", "starter", "--setup", "groq"]);
    ended.expect(4, &["groq/llama-3.3-70b-versatile", "it has ollama"]);
    // Of two models, one has a provider here: the cases of the other are skipped.
    let ended = project.run(["run", "a", "--stack-config", "starter", "--setup", "vllm", "--collect-only"]);
    ended.expect(0, &["a::one[txt=vllm/Qwen/Qwen3-0.6B]"]);
}

#[test]
fn paths_of_a_project_are_seen_from_its_folder() {
    let project = Project::with("cases: [{ name: one, steps: [{ get: /one, expect: { status: 200 } }] }]\n");
    project.file("stack-test.yaml", "run: { suites_dir: suites }\n");
    project.file("below/deeper/file", "");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stack-test"));
    command.env_clear().current_dir(project.root().join("below/deeper")).args(["run", "a", "--collect-only"]);
    let said = String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned();
    assert!(said.contains("a::one"), "{said}");
}
