//! `docs/suite.schema.json` and `docs/suites.md` know the same keys as the parser.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may: it reads the repository's own documentation and suites"
)]

use serde_json::Value;
use stack_test::external::ADAPTERS;
use stack_test::plan::BUILT_IN;
use stack_test::source::{SourceFile, yaml};
use stack_test::suite::keys::TABLES;
use stack_test::suite::{External, ModelKind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn schema() -> Value {
    serde_json::from_str(&std::fs::read_to_string(root().join("docs/suite.schema.json")).unwrap()).unwrap()
}

fn suites(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { suites(&path, found) } else { found.push(path) }
    }
}

#[test]
fn the_schema_has_the_keys_of_the_parser_and_no_others() {
    let schema = schema();
    for table in TABLES {
        let properties = schema["$defs"][table.id]["properties"].as_object().unwrap();
        let written: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(written, table.names().collect(), "{}", table.id);
        for key in table.keys {
            assert_eq!(properties[key.name]["description"], key.about, "{}: {}", table.id, key.name);
        }
    }
    let kinds: Vec<&str> = ModelKind::ALL.into_iter().map(ModelKind::name).collect();
    let written: BTreeSet<&str> = schema["$defs"]["models"]["items"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(written, kinds.into_iter().collect());
}

#[test]
fn the_documentation_mentions_every_key_and_name() {
    let text = std::fs::read_to_string(root().join("docs/suites.md")).unwrap();
    for table in TABLES {
        for key in table.keys {
            assert!(
                text.contains(&format!("`{}`", key.name)),
                "docs/suites.md lacks `{}` of {}",
                key.name,
                table.what
            );
        }
    }
    for kind in ModelKind::ALL {
        for name in [kind.name(), kind.option()] {
            assert!(text.contains(&format!("`{name}`")), "docs/suites.md lacks `{name}`");
        }
        assert!(
            text.contains(&format!("`{}=…`", kind.prefix())),
            "docs/suites.md lacks `{}=…`",
            kind.prefix()
        );
    }
    for name in BUILT_IN {
        assert!(text.contains(&format!("`{}`", name.path)), "docs/suites.md lacks `{}`", name.path);
    }
}

#[test]
fn a_suite_may_name_every_adapter_there_is() {
    let names: Vec<&str> = ADAPTERS.iter().map(|adapter| adapter.name).collect();
    assert_eq!(names, External::ADAPTERS);
    let written = &schema()["$defs"]["external"]["properties"]["adapter"]["enum"];
    assert_eq!(written.as_array().unwrap().iter().filter_map(Value::as_str).collect::<Vec<_>>(), names);
    for adapter in ADAPTERS {
        let file = SourceFile::new("a.yaml", format!("external: {}", adapter.example));
        let errors = stack_test::suite::parse(&file).errors;
        assert!(errors.is_empty(), "{}", errors[0].render(false));
    }
}

/// Every example of the documentation that is a whole file is one that the parser takes.
#[test]
fn the_examples_of_the_documentation_are_suites() {
    let text = std::fs::read_to_string(root().join("docs/suites.md")).unwrap();
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let mut seen = 0;
    for block in text.split("```yaml\n# suites/").skip(1) {
        let (path, rest) = block.split_once('\n').unwrap();
        let file = SourceFile::new(path, rest.split("```").next().unwrap());
        let errors = if path.starts_with("_fragments/") {
            stack_test::suite::parse_fragments(&file).errors
        } else {
            stack_test::suite::parse(&file).errors
        };
        assert!(errors.is_empty(), "{}", errors[0].render(false));
        let json = yaml::parse(&file).unwrap().to_json();
        assert!(validator.is_valid(&json), "{path}: {}", validator.iter_errors(&json).next().unwrap());
        seen += 1;
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn the_schema_accepts_the_shipped_suites() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let mut files = Vec::new();
    suites(&root().join("suites"), &mut files);
    for path in files {
        let file = SourceFile::new(path.to_string_lossy(), std::fs::read_to_string(&path).unwrap());
        let json = yaml::parse(&file).unwrap().to_json();
        let errors: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
}

#[test]
fn the_schema_refuses_what_the_parser_refuses() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for text in [
        "aboot: x\ncases: []",
        "cases: [{ steps: [{ get: / }] }]",
        "cases: [{ name: a, steps: [] }]",
        "cases: [{ name: a, steps: [{ get: /a, post: /b }] }]",
        "cases: [{ name: a, steps: [{ get: a }] }]",
        "cases: [{ name: a, steps: [{ get: /, within: 5s }] }]",
        "cases: [{ name: a, timeout: 5, steps: [{ get: / }] }]",
        "cases: [{ name: a, models: [text], steps: [{ get: / }] }]",
        "cases: [{ name: a, steps: [{ post: /, json: {}, text: x }] }]",
        "cases: [{ name: a, steps: [{ post: /, multipart: { a: { name: x } } }] }]",
        "match: [{ mask: x }]\ncases: []",
        "match: [{ mask: x, name: y, value: 1 }]\ncases: []",
        "cases: [{ name: a, skip: [], steps: [{ get: / }] }]",
        "cases: [{ name: a, xfail: { reason: x, when: { version: 1 } }, steps: [{ get: / }] }]",
        "cases: [{ name: a, xfail: { reason: x, when: { server: llama } }, steps: [{ get: / }] }]",
        "cases: [{ name: a, xfail: { reason: x, when: { server: ogx, version: new } }, steps: [{ get: / }] }]",
        "cases: [{ name: a, skip: { reason: x, when: { server: [ogx, other], version: 1 } }, steps: [{ get: / }] }]",
        "match: [{ ignore: /a, mask: x, name: y }]\ncases: []",
        "match: [{ provider: openai }]\ncases: []",
        "include: inference/\nsteps: []",
        "external: { adapter: mocha, command: [x] }",
        "external: { adapter: pytest, command: [] }",
        "external: { adapter: pytest, command: [x], list: [y] }",
        "external: { adapter: pytest, command: [x], distribute: folder }",
        "external: { adapter: jest, command: [x], distribute: test }",
        "external: { adapter: command, command: [x], start_timeout: 5s }",
        "external: { adapter: pytest, command: [x], processes: 0 }",
    ] {
        let file = SourceFile::new("a.yaml", text);
        assert!(!stack_test::suite::parse(&file).errors.is_empty(), "the parser takes {text}");
        assert!(!validator.is_valid(&yaml::parse(&file).unwrap().to_json()), "the schema takes {text}");
    }
}
