//! Names in templates are known before anything runs: through files in memory, with the real templates.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may")]

use stack_test::check::Resources;
use stack_test::plan::{Selection, SuiteSources, Wanted, load};
use stack_test::source::{Diagnostic, SourceFile};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Suite files in memory.
struct Memory(BTreeMap<&'static str, &'static str>);

impl Resources for Memory {
    fn text(&self, _suite: &SourceFile, _path: &str) -> Result<Option<Arc<SourceFile>>, String> {
        Ok(None)
    }

    fn bytes(&self, _suite: &SourceFile, _path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
}

impl SuiteSources for Memory {
    fn root(&self) -> &str {
        "suites"
    }

    fn list(&self) -> Result<Vec<String>, Diagnostic> {
        Ok(self.0.keys().map(|path| (*path).to_owned()).collect())
    }

    fn read(&self, path: &str) -> Result<Arc<SourceFile>, Diagnostic> {
        Ok(SourceFile::new(path, self.0[path]))
    }
}

fn complaints<const N: usize>(files: [(&'static str, &'static str); N]) -> String {
    let sources = Memory(files.into());
    let wanted = Wanted { names: vec!["a".to_owned()], ..Wanted::default() };
    let line = |error: &Diagnostic| match &error.hint {
        Some(hint) => format!("{} ({hint})\n", error.one_line()),
        None => format!("{}\n", error.one_line()),
    };
    load(&sources, &wanted, &Selection::default()).err().unwrap_or_default().iter().map(line).collect()
}

#[test]
fn known_names_are_taken() {
    let text = r#"
fragments:
  upload:
    takes: [lines]
    steps:
      - post: /v1/files?{{ unique }}
        json: { model: "{{ text_model }}", lines: "{{ lines.0 }}" }
        capture: { file_id: $.id }
    finally: [{ delete: "/v1/files/{{ file_id }}" }]
cases:
  - name: c
    models: [text_model]
    params: { q: { a: "{{ text_model }}" } }
    steps:
      - { use: upload, with: { lines: ["{{ q }}", "{{ param_id.q }}"] } }
      - get: "{{ stack.url }}/v1/{{ run.id }}/{{ case.id }}/{{ case.name }}/{{ file_id }}"
        expect: { $.id: "{{ file_id }}" }
        capture: { last: $.id }
    finally: [{ get: "/{{ last }}" }]
"#;
    assert_eq!(complaints([("a.yaml", text)]), "");
}

#[test]
fn unknown_names_are_found_where_they_stand() {
    let text = r#"
fragments:
  upload:
    takes: [lines]
    steps:
      - post: /v1/files
        json: { model: "{{ text_model }}", lines: "{{ line }}", q: "{{ question }}" }
cases:
  - name: c
    params: { question: [a], other: { x: "{{ question }}" } }
    steps:
      - { use: upload, with: { lines: "{{ file_id }}" } }
      - get: /{{ param_id.questio }}
        expect: { $.id: "{{ file_id }}" }
        capture: { file_id: $.id, unique: $.x }
      - get: /{{ vision_model }}/{{ stack }}/{{ file_id }}
"#;
    let complaints = complaints([("a.yaml", text)]);
    let lines: Vec<&str> = complaints.lines().collect();
    let expected = [
        (7, "nothing here is called `line` (did you mean `lines`?)"),
        (7, "nothing here is called `question`"),
        (10, "nothing here is called `question`"),
        (12, "the fragment `upload` uses `text_model`, which the case does not ask for"),
        (12, "nothing here is called `file_id`"),
        (13, "nothing here is called `param_id.questio` (did you mean `param_id.question`?)"),
        (14, "nothing here is called `file_id`"),
        (15, "`unique` has a meaning of its own in templates"),
        (16, "the case does not ask for a `vision_model`"),
        (16, "nothing here is called `stack`"),
    ];
    assert_eq!(lines.len(), expected.len(), "{complaints}");
    for (line, (number, what)) in lines.iter().zip(expected) {
        assert!(line.starts_with(&format!("a.yaml:{number}:")) && line.contains(what), "{line}\n{what}");
    }
}
