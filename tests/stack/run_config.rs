//! Configs for the embedded stack: pairs with options, and run configs of Llama Stack's shape.

use stack_test::stack::{Error, embedded_config};
use stack_test::stack_config::Config;
use stack_test::starter::StarterConfig;

fn lowered(config: &str, env: &[(&str, &str)]) -> Result<StarterConfig, Error> {
    let config = Config::parse("--stack-config", config).unwrap();
    embedded_config(&config, &|name| {
        env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    })
}

fn run_config(text: &str, env: &[(&str, &str)]) -> Result<StarterConfig, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.yaml");
    std::fs::write(&path, text).unwrap();
    lowered(path.to_str().unwrap(), env)
}

fn complaints(text: &str, env: &[(&str, &str)]) -> Vec<String> {
    let error = run_config(text, env).expect_err("it is wrong");
    let line = |diagnostic: stack_test::source::Diagnostic| {
        let line = diagnostic.one_line();
        line.split_once("run.yaml:").map_or(line.clone(), |(_, rest)| rest.to_owned())
    };
    error.diagnostics().into_iter().map(line).collect()
}

fn providers(config: &StarterConfig) -> Vec<(&str, &str, Option<&str>)> {
    let key = |key: &Option<stack_test::model::Secret>| key.as_ref().map(|key| key.expose().to_owned());
    let all = config.providers.iter();
    all.map(|it| (it.id.as_str(), it.base_url.as_str(), key(&it.api_key).map(|key| &*key.leak()))).collect()
}

const RUN_YAML: &str = "\
version: 2
apis: [inference, files]
providers:
  inference:
  - provider_id: ${env.OLLAMA_URL:+ollama}
    provider_type: remote::ollama
    config: {url: '${env.OLLAMA_URL:=http://localhost:11434}'}
  - provider_id: mine
    provider_type: remote::vllm
    config:
      base_url: http://v:1/v1
      api_token: ${env.TOKEN:=}
  files:
  - provider_id: f
    provider_type: inline::localfs
    config: {storage_dir: /tmp/x}
server: {port: 8321}
";

#[test]
fn a_run_config_is_filled_in_from_the_environment() {
    let plain = run_config(RUN_YAML, &[]).unwrap();
    assert_eq!(providers(&plain), [("mine", "http://v:1/v1", None)]);
    assert_eq!(plain.apis.unwrap(), ["inference", "files"]);
    let env = [("OLLAMA_URL", "http://o:2"), ("TOKEN", "t"), ("VLLM_URL", "http://gateway:3/v1")];
    let filled = run_config(RUN_YAML, &env).unwrap();
    let expected = [("ollama", "http://o:2/v1", None), ("mine", "http://gateway:3/v1", Some("t"))];
    assert_eq!(providers(&filled), expected, "the variable wins over the literal");
}

#[test]
fn everything_wrong_with_a_run_config_is_shown_where_it_stands() {
    let text = "\
providers:
  inference:
  - provider_id: a
    provider_type: remote::bedrock
  - provider_id: b
  - provider_id: ${env.NOT_SET}
    provider_type: remote::vllm
  safety: {}
  agents:
  - provider_id: d
    provider_type: inline::meta-reference
";
    let found = complaints(text, &[]);
    assert!(found[0].starts_with("4:20: the embedded stack has no provider `remote::bedrock`"), "{found:#?}");
    assert!(found[1].ends_with("a provider has a `provider_type`"), "{found:#?}");
    assert_eq!(found[2], "6:18: the variable NOT_SET is not set");
    assert_eq!(found[3], "8:11: the providers of `safety` are a mapping");
    assert!(found[4].starts_with("11:20: the embedded stack has no"), "{found:#?}");
    assert_eq!(found.len(), 5, "{found:#?}");
}

#[test]
fn what_is_no_run_config_is_refused() {
    assert_eq!(complaints("a: 1\n", &[]), ["1:1: a run config has `providers`"]);
    assert_eq!(complaints("providers: [1]\n", &[]), ["1:12: `providers` is a list"]);
    assert!(complaints("a: [", &[])[0].contains("not valid YAML"));
    let missing = lowered("./nowhere/run.yaml", &[]).unwrap_err().to_string();
    assert!(missing.contains("cannot read the run config ./nowhere/run.yaml"), "{missing}");
    let folder = lowered("tests/stack", &[]).unwrap_err().to_string();
    assert!(folder.contains("it is a folder"), "{folder}");
}

#[test]
fn the_option_of_a_pair_says_where_its_provider_is() {
    let config = "inference=remote::vllm?base_url=http%3A//v%3A1&api_key=k,files=localfs";
    let found = lowered(config, &[("VLLM_URL", "http://other")]).unwrap();
    assert_eq!(providers(&found), [("vllm", "http://v:1/v1", Some("k"))]);
    assert_eq!(found.apis.unwrap(), ["inference", "files"]);
}
