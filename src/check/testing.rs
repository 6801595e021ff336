//! What the tests of this room share.

use super::Scope;
use super::compile::{Compiler, Mistakes};
use super::found::Found;
use super::predicate::{Context, Predicate as _};
use super::resources::Resources;
use super::rules::Rules;
use super::unmet::{Judged, Unmet};
use crate::source::{Node, SourceFile, yaml};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

/// A few files beside `suites/a.yaml`.
pub(super) struct Files;

impl Resources for Files {
    fn text(&self, _suite: &SourceFile, path: &str) -> Result<Option<Arc<SourceFile>>, String> {
        let text = match path {
            "point.json" => "{\"properties\": {\"x\": {\"type\": \"integer\"}}}",
            "_snapshots/a/kept.json" => "{\"a\": [1, 2]}",
            "_snapshots/a/kept.txt" => "one\ntwo\n",
            _ if path.contains("..") => return Err("it lies outside the suites folder".into()),
            _ => return Ok(None),
        };
        Ok(Some(SourceFile::new(path, text)))
    }

    fn bytes(&self, suite: &SourceFile, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.text(suite, path)?.map(|file| file.text().as_bytes().to_vec()))
    }
}

pub(super) fn node(text: &str) -> Node {
    yaml::parse(&SourceFile::new("suites/a.yaml", text)).unwrap()
}

pub(super) fn compile(rules: &str) -> Result<Rules, Mistakes> {
    Rules::of_node(&node(rules), &Compiler { resources: &Files })
}

pub(super) fn context(scope: &Scope) -> Context<'_> {
    Context { scope, snapshots: RefCell::default() }
}

pub(super) fn mistakes(rules: &str) -> Mistakes {
    compile(rules).unwrap_err()
}

pub(super) fn judge(names: Value, rules: &str, value: &Value) -> Judged {
    let scope = Scope::new(names.as_object().unwrap().clone());
    compile(rules).unwrap().judge(&Found::One(Cow::Borrowed(value)), &context(&scope))
}

pub(super) fn holds_in(names: Value, rules: &str, value: &Value) {
    assert_eq!(judge(names, rules, value), Ok(()), "{rules} of {value}");
}

pub(super) fn holds(rules: &str, value: &Value) {
    holds_in(json!({}), rules, value);
}

/// The one failure, whose place and words contain `what`.
pub(super) fn fails(rules: &str, value: &Value, what: &str) -> Unmet {
    let mut unmet = judge(json!({}), rules, value).expect_err(rules);
    assert_eq!(unmet.len(), 1, "{rules} of {value}: {unmet:?}");
    let unmet = unmet.remove(0);
    let said = format!("{} {}", unmet.place, unmet.what);
    assert!(said.contains(what), "{rules} of {value}: {said}");
    unmet
}
