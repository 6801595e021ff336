//! The suites in `suites/` are read without a mistake, and hold what the documentation says they hold.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may; it reads the repository's own suites"
)]

use stack_test::check::Resources;
use stack_test::model::When;
use stack_test::plan::{ModelChoices, Plan, Selection, SuiteSources, Wanted, build, resolve};
use stack_test::source::{Diagnostic, SourceFile};
use stack_test::suite::ModelKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The suites of this repository.
struct Shipped(PathBuf);

impl Shipped {
    fn new() -> Self {
        Self(Path::new(env!("CARGO_MANIFEST_DIR")).join("suites"))
    }

    fn walk(&self, folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.walk(&path, found);
            } else {
                let parts: Vec<_> =
                    path.strip_prefix(&self.0).unwrap().iter().map(|part| part.to_str().unwrap()).collect();
                found.push(parts.join("/"));
            }
        }
    }
}

impl Resources for Shipped {
    fn text(&self, _suite: &SourceFile, _path: &str) -> Result<Option<Arc<SourceFile>>, String> {
        Ok(None)
    }

    fn bytes(&self, _suite: &SourceFile, _path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
}

impl SuiteSources for Shipped {
    fn root(&self) -> &str {
        "suites"
    }

    fn list(&self) -> Result<Vec<String>, Diagnostic> {
        let mut found = Vec::new();
        self.walk(&self.0, &mut found);
        Ok(found)
    }

    fn read(&self, path: &str) -> Result<Arc<SourceFile>, Diagnostic> {
        let text =
            std::fs::read_to_string(self.0.join(path)).map_err(|error| Diagnostic::new(error.to_string()))?;
        Ok(SourceFile::new(format!("suites/{path}"), text))
    }
}

fn plan(models: &[(ModelKind, &str)]) -> Plan {
    let mut choices = ModelChoices::default();
    for (kind, ids) in models {
        choices.set(*kind, ids).unwrap();
    }
    let sources = Shipped::new();
    let resolved = resolve(&sources, &Wanted::default()).unwrap();
    assert_eq!(resolved.setup.as_ref().map(|(name, _)| name.as_str()), Some("tiny"));
    let selection = Selection { models: choices, ..Selection::default() };
    build(&sources, &resolved, &selection).unwrap_or_else(|errors| {
        let drawn: Vec<String> = errors.iter().map(|error| error.render(false)).collect();
        panic!("{}", drawn.join("\n\n"))
    })
}

#[test]
fn with_models_only_the_dimension_is_skipped() {
    let plan = plan(&[(ModelKind::Text, "tiny/chat"), (ModelKind::Embedding, "tiny/embedding")]);
    let skipped: Vec<_> =
        plan.cases.iter().filter(|case| case.skip.is_some()).map(|case| case.id.to_string()).collect();
    assert_eq!(skipped, ["inference/embeddings::dimension"]);
}

/// Llama Stack's own run without a model ends with 7 passed, 15 skipped and 2 expected failures.
#[test]
fn without_a_model_the_batches_suite_is_the_one_of_llama_stack() {
    let plan = plan(&[]);
    let batches: Vec<_> = plan.cases.iter().filter(|case| case.id.suite() == "batches/batches").collect();
    let skipped = batches.iter().filter(|case| case.skip.is_some()).count();
    let xfailed =
        batches.iter().filter(|case| case.xfail.iter().any(|xfail| xfail.when == When::default())).count();
    assert_eq!((batches.len() - skipped - xfailed, skipped, xfailed), (7, 15, 2));
}

/// A recording is found by its request, so that nothing may be left to chance.
#[test]
fn every_call_of_a_model_is_made_repeatable() {
    for path in [
        "inference/chat.yaml",
        "inference/completions.yaml",
        "inference/tools.yaml",
        "inference/structured_output.yaml",
    ] {
        let file = Shipped::new().read(path).unwrap();
        let count = |word: &str| file.text().matches(word).count();
        let calls =
            count("/v1/chat/completions\n") + count("/v1/completions\n") - count("text: \"{not json\"");
        for setting in ["seed: 7", "temperature: 0", "max_tokens: "] {
            assert_eq!(count(setting), calls, "{path}: {setting}");
        }
    }
}
