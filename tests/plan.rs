//! From suite files to the plan, through the public face of the rooms `suite` and `plan`, with files in memory.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may")]

use serde_json::json;
use stack_test::check::Resources;
use stack_test::plan::{
    Filter, ModelChoices, Plan, PlannedStep, Selection, SuiteSources, Wanted, build, load, resolve,
};
use stack_test::source::{Diagnostic, SourceFile};
use stack_test::suite::ModelKind;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Suite files in memory.
#[derive(Default)]
struct Memory(BTreeMap<String, String>);

impl Memory {
    fn new<const N: usize>(files: [(&str, &str); N]) -> Self {
        Self(files.map(|(path, text)| (path.to_owned(), text.to_owned())).into())
    }
}

impl Resources for Memory {
    fn text(&self, _suite: &SourceFile, _path: &str) -> Result<Option<Arc<SourceFile>>, String> {
        Ok(None)
    }

    fn bytes(&self, _suite: &SourceFile, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.get(path).map(|text| text.clone().into_bytes()))
    }
}

impl SuiteSources for Memory {
    fn root(&self) -> &str {
        "suites"
    }

    fn list(&self) -> Result<Vec<String>, Diagnostic> {
        Ok(self.0.keys().cloned().collect())
    }

    fn read(&self, path: &str) -> Result<Arc<SourceFile>, Diagnostic> {
        let text = self.0.get(path).ok_or_else(|| Diagnostic::new(format!("no file {path}")))?;
        Ok(SourceFile::new(format!("suites/{path}"), text.as_str()))
    }
}

fn wanted(names: &[&str]) -> Wanted {
    Wanted { names: names.iter().map(|name| (*name).to_owned()).collect(), subdirs: Vec::new() }
}

fn models(choices: &[(ModelKind, &str)]) -> Selection {
    let mut models = ModelChoices::default();
    for (kind, ids) in choices {
        models.set(*kind, ids).unwrap();
    }
    Selection { models, ..Selection::default() }
}

fn ids(plan: &Plan) -> Vec<String> {
    plan.cases.iter().map(|case| case.id.to_string()).collect()
}

fn plan_of(text: &str, selection: &Selection) -> Result<Plan, Vec<Diagnostic>> {
    load(&Memory::new([("a.yaml", text)]), &wanted(&["a"]), selection)
}

/// The complaints about one file, a line each, with their hints.
fn complaints(text: &str) -> String {
    let errors = plan_of(text, &Selection::default()).unwrap_err();
    lines(&errors)
}

fn lines(errors: &[Diagnostic]) -> String {
    let mut text = String::new();
    for error in errors {
        text.push_str(&error.one_line());
        for more in error.hint.iter().chain(&error.notes) {
            text.push_str(&format!(" ({more})"));
        }
        text.push('\n');
    }
    text
}

const GET: &str = "cases:\n  - { name: one, tags: [quick], steps: [{ get: /v1/models }] }\n  - { name: two, steps: [{ get: / }] }\n";

#[test]
fn models_and_params_multiply_in_their_order() {
    let text = r#"
tags: [inference]
requires: { apis: [inference] }
defaults: { timeout: 1m30s }
cases:
  - name: chat
    tags: [chat]
    models: [embedding_dimension, text_model]
    params:
      planet: { saturn: Which has rings?, earth: "Which does {{ text_model }} live on?" }
      stream: [true, false]
    xfail: { reason: not yet, strict: true, params: [earth] }
    locks: [gpu]
    steps:
      - post: /v1/chat/completions
        json: { model: "{{ text_model }}" }
"#;
    let selection = models(&[(ModelKind::Text, "a/m:1,b"), (ModelKind::EmbeddingDimension, "8")]);
    let plan = plan_of(text, &selection).unwrap();
    assert_eq!(
        ids(&plan)[..5],
        [
            "a::chat[txt=a/m:1-dim=8-saturn-true]",
            "a::chat[txt=a/m:1-dim=8-saturn-false]",
            "a::chat[txt=a/m:1-dim=8-earth-true]",
            "a::chat[txt=a/m:1-dim=8-earth-false]",
            "a::chat[txt=b-dim=8-saturn-true]",
        ]
    );
    assert_eq!(plan.cases.len(), 8);
    let case = &plan.cases[1];
    assert_eq!(case.names["planet"], json!("Which has rings?"));
    assert_eq!(case.names["param_id"], json!({ "planet": "saturn", "stream": "false" }));
    assert_eq!((&case.names["stream"], &case.names["embedding_dimension"]), (&json!(false), &json!(8)));
    assert_eq!(case.tags, ["inference", "chat"]);
    assert_eq!(case.requires_apis, ["inference"]);
    assert_eq!(case.timeout, Some(Duration::from_secs(90)));
    assert!(case.xfail.is_empty() && plan.cases[2].xfail.iter().any(|xfail| xfail.strict));
    assert!(Arc::ptr_eq(&case.steps, &plan.cases[7].steps), "the steps are shared by all params");
}

#[test]
fn a_model_that_is_not_chosen_is_the_reason_of_a_skip() {
    let text = "cases: [{ name: c, models: [text_model, embedding_model], steps: [{ get: / }] }]";
    let plan = plan_of(text, &models(&[(ModelKind::Embedding, "e,f")])).unwrap();
    assert_eq!(ids(&plan), ["a::c"]);
    assert_eq!(plan.cases[0].skip.as_deref(), Some("no text model given (--text-model)"));
}

#[test]
fn named_suites_bundle_files_in_their_order() {
    let sources = Memory::new([
        ("base.yaml", "include: [files/, inner, inference/chat]\nexclude: [files/slow.yaml]\nsetup: tiny\n"),
        ("inner.yaml", "include: [inference/]\nsetup: other\n"),
        ("files/a.yaml", GET),
        ("files/slow.yaml", GET),
        ("files/all.yaml", "include: [files/]\n"),
        ("inference/chat.yml", GET),
        ("inference/_notes.yaml", "anything"),
        ("inference/data.json", "{}"),
    ]);
    for names in [&["base"][..], &[], &["suites/base.yaml"], &["./suites/base"]] {
        let resolved = resolve(&sources, &wanted(names)).unwrap();
        assert_eq!(resolved.setup.as_ref().unwrap().0, "tiny");
        assert_eq!(resolved.setup.as_ref().unwrap().1.to_string(), "suites/base.yaml:3:8");
        let plan = build(&sources, &resolved, &Selection::default()).unwrap();
        let paths: Vec<&str> = plan.suites.iter().map(|suite| suite.path.as_str()).collect();
        assert_eq!(paths, ["files/a", "inference/chat"]);
        assert_eq!(plan.cases[2].suite, 1);
    }
    let conflict = resolve(&sources, &wanted(&["base", "inner"])).unwrap().setup_conflict.unwrap();
    assert!(conflict.what.contains("`tiny` and `other`"), "{}", conflict.what);
}

#[test]
fn names_select_files_folders_and_cases() {
    let sources = Memory::new([("inference/chat.yaml", GET), ("files/a.yaml", GET), ("b.yaml", GET)]);
    let select = |names: &[&str]| ids(&load(&sources, &wanted(names), &Selection::default()).unwrap());
    assert_eq!(select(&["inference"]), ["inference/chat::one", "inference/chat::two"]);
    assert_eq!(select(&["inference/"]), select(&["suites/inference/chat.yaml"]));
    assert_eq!(select(&["inference/chat::two", "b::one"]), ["inference/chat::two", "b::one"]);
    assert_eq!(select(&["inference/chat::two", "inference/chat"]), select(&["inference"]));
    assert_eq!(select(&[]).len(), 6, "all there is, where no suite is named base");
    let subdirs = Wanted { subdirs: vec!["files".to_owned()], ..wanted(&["inference"]) };
    let plan = load(&sources, &subdirs, &Selection::default()).unwrap();
    assert_eq!(ids(&plan), ["files/a::one", "files/a::two"]);
}

#[test]
fn names_that_match_nothing_name_the_nearest() {
    let sources = Memory::new([("inference/chat.yaml", GET), ("base.yaml", "include: [inferense/]")]);
    let fail = |names: &[&str]| lines(&load(&sources, &wanted(names), &Selection::default()).unwrap_err());
    assert_eq!(
        fail(&["inferenc/chat", "chat", "zzzzz", "inference::x"]),
        "--suite:1:1: there is no suite `inferenc/chat` (did you mean `inference/chat`?)\n\
         --suite:1:1: there is no suite `chat` (did you mean `inference/chat`?)\n\
         --suite:1:1: there is no suite `zzzzz` (`suites` holds base, inference/)\n\
         --suite:1:1: `inference` is a folder, and a case id begins with a suite\n"
    );
    assert_eq!(
        fail(&["inference/chat::onn"]),
        "--suite:1:17: `inference/chat` has no case `onn` (did you mean `one`?)\n"
    );
    assert_eq!(
        fail(&["base"]),
        "suites/base.yaml:1:11: there is no suite `inferense/` (did you mean `inference/`?)\n"
    );
}

#[test]
fn named_suites_in_a_circle_are_refused() {
    let sources = Memory::new([
        ("a.yaml", "include: [b]"),
        ("b.yaml", "include: [c]"),
        ("c.yaml", "include: [b, ../x, /etc/]"),
    ]);
    assert_eq!(
        lines(&load(&sources, &wanted(&["a"]), &Selection::default()).unwrap_err()),
        "suites/c.yaml:1:14: expected a path below the suites folder (write inference/ or inference/chat)\n\
         suites/c.yaml:1:20: expected a path below the suites folder (write inference/ or inference/chat)\n\
         suites/c.yaml:1:11: named suites include each other: b → c → b\n"
    );
}

#[test]
fn filters_and_tags_leave_cases_out() {
    let selection = Selection { filter: Some(Filter::parse("not TWO").unwrap()), ..Selection::default() };
    let plan = plan_of(GET, &selection).unwrap();
    assert_eq!((ids(&plan), plan.deselected), (vec!["a::one".to_owned()], 1));
    let plan = plan_of(GET, &Selection { tags: vec!["slow".into(), "quick".into()], ..Selection::default() });
    assert_eq!(ids(&plan.unwrap()), ["a::one"]);
    let second = Selection { shard: Some("2/2".parse().unwrap()), ..Selection::default() };
    let plan = plan_of(GET, &second).unwrap();
    assert_eq!((ids(&plan), plan.deselected), (vec!["a::two".to_owned()], 1));
    let none = Selection { filter: Some(Filter::parse("zzz").unwrap()), ..Selection::default() };
    let plan = plan_of(GET, &none).unwrap();
    assert!(plan.cases.is_empty() && plan.suites.is_empty() && plan.deselected == 2);
}

#[test]
fn fragments_are_shared_and_bound() {
    let sources = Memory::new([
        (
            "_fragments/files.yaml",
            "fragments:\n  upload:\n    takes: [lines]\n    steps: [{ use: put, with: { body: \"{{ lines }}\" } }]\n    finally: [{ delete: \"/v1/files/{{ file_id }}\" }]\n",
        ),
        (
            "_fragments/put.yaml",
            "fragments: { put: { takes: [body], steps: [{ post: /v1/files, json: \"{{ body }}\", capture: { file_id: $.id } }] } }",
        ),
        (
            "a.yaml",
            "cases:\n  - name: c\n    steps: [{ use: upload, with: { lines: [1] } }, { get: \"/v1/files/{{ file_id }}\" }]\n",
        ),
    ]);
    let plan = load(&sources, &wanted(&["a"]), &Selection::default()).unwrap();
    let PlannedStep::Fragment { name, with, steps, finally, .. } = &plan.cases[0].steps[0] else { panic!() };
    assert_eq!((name.as_str(), with[0].0.as_str(), steps.len(), finally.len()), ("upload", "lines", 1, 1));
    assert!(matches!(&steps[0], PlannedStep::Fragment { name, .. } if name == "put"));
}

#[test]
fn every_mistake_of_a_file_is_reported_at_once() {
    let text = r#"
aboot: A suite
tags: chat
defaults: { timeout: 5, headers: { "x y": 1 } }
fragments:
  a: { steps: [{ use: b }] }
  b: { steps: [{ use: a }] }
  upload: { takes: [lines, 2x], steps: [{ post: v1/files }] }
cases:
  - name: ""
    steps: []
  - name: one
    models: [textmodel]
    params: { empty: {}, q: [a, a, [b]] }
    xfail: { strict: yes }
    retries: -1
    repeat: { pass_rate: 2 }
    steps:
      - pots: /v1/files
      - get: /a
        post: /b
        json: {}
        text: x
      - get: /c
        within: 5s
        on_timeout: give_up
      - use: uplaod
      - use: upload
        with: { lines: 1, line: 2 }
      - {}
  - name: one
    steps: { get: / }
"#;
    assert_eq!(
        complaints(text),
        "suites/a.yaml:2:1: a suite has no key `aboot` (did you mean `about`? its keys are about, tags, requires, defaults, match, fixtures, fragments and cases)\n\
         suites/a.yaml:4:22: a length of time needs a unit: ms, s, m or h\n\
         suites/a.yaml:4:36: `x y` cannot be the name of a header\n\
         suites/a.yaml:7:23: fragments use each other in a circle: a → b → a\n\
         suites/a.yaml:8:28: `2x` cannot be used in templates (use letters, digits and _, and begin with a letter)\n\
         suites/a.yaml:8:49: expected a path that begins with /, found `v1/files` (write /v1/files)\n\
         suites/a.yaml:10:11: a name must not be empty\n\
         suites/a.yaml:11:12: a case needs at least one step\n\
         suites/a.yaml:13:14: there is no kind of model `textmodel` (did you mean `text_model`? the kinds are text_model, vision_model, embedding_model, safety_shield, judge_model, embedding_dimension, rerank_model)\n\
         suites/a.yaml:14:15: `empty` has no values\n\
         suites/a.yaml:14:33: `a` is listed twice\n\
         suites/a.yaml:14:36: a list or mapping needs an id to appear in the case id by (write `params: { name: { some_id: [...] } }`)\n\
         suites/a.yaml:15:14: a reason is needed: it is what the report shows\n\
         suites/a.yaml:15:22: expected true or false, found a string\n\
         suites/a.yaml:16:14: expected a whole number from 0 to 10000\n\
         suites/a.yaml:17:26: expected a share from 0 to 1, such as 0.9\n\
         suites/a.yaml:19:9: a step has no key `pots` (did you mean `post`? its keys are get, post, put, patch, delete, head, options, query, headers, json, text, multipart, expect, capture, until, abort_if, within, on_timeout and timeout)\n\
         suites/a.yaml:21:9: a step is one request, and `get` is there already (make it a step of its own)\n\
         suites/a.yaml:23:9: a step sends one body, and `json` is there already (keep one of json, text or multipart)\n\
         suites/a.yaml:25:9: `within` means something only beside `until`\n\
         suites/a.yaml:26:9: `on_timeout` means something only beside `until`\n\
         suites/a.yaml:26:21: expected fail or skip, found `give_up`\n\
         suites/a.yaml:27:14: there is no fragment `uplaod` (did you mean `upload`?)\n\
         suites/a.yaml:29:27: the fragment `upload` does not take `line` (it takes lines)\n\
         suites/a.yaml:30:9: a step needs one of get, post, put, patch, delete, head or options, or `use`\n\
         suites/a.yaml:31:11: there is a case `one` already (rename one of them) (the first is at suites/a.yaml:12:11)\n\
         suites/a.yaml:32:12: expected a list of steps, found a mapping\n"
    );
}
