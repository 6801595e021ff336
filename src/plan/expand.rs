//! From one case of the file to the cases that run: once per combination of models and params.

use super::compile::{Block, Compiler};
use super::names::{Visible, is_reserved};
use super::{ModelChoices, PlannedCase, PlannedFixture, Repeat, XFail};
use crate::check::{Scope, ValueTemplate};
use crate::model::{CaseId, When};
use crate::source::{Diagnostic, Kind, Node};
use crate::suite::{Case, ModelKind, Param, Suite, Word};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The name of each param with the id and value chosen for it.
type ChosenParams<'a> = Vec<(&'a str, &'a (&'a str, ParamValue))>;

/// The most cases that one case of a file may become.
const MOST_COMBINATIONS: usize = 10_000;
/// The most requests that one case may make, polling not counted.
const MOST_REQUESTS: usize = 10_000;

/// A case of the file, compiled, with the values it is run with.
pub(super) struct Expansion<'a> {
    suite: &'a Suite,
    path: &'a str,
    case: &'a Case,
    block: Block,
    /// The models that are chosen, and the ids.
    models: Vec<(ModelKind, &'a [String])>,
    params: Vec<Values<'a>>,
    /// Why the case is skipped, if models are wanted that are not chosen.
    missing: Option<String>,
    combinations: usize,
    test_id: Option<ValueTemplate>,
}

impl<'a> Compiler<'a> {
    /// Compiles the steps of a case, and counts what becomes of it.
    pub(super) fn case(
        &mut self,
        path: &'a str,
        suite: &'a Suite,
        case: &'a Case,
        choices: &'a ModelChoices,
    ) -> Expansion<'a> {
        let params: Vec<String> = case.params.iter().map(|param| param.name.text.clone()).collect();
        for param in case.params.iter().filter(|param| is_reserved(&param.name.text)) {
            self.reserved(&param.name);
        }
        let models = Visible { names: Vec::new(), params: Vec::new(), models: Some(case.models.clone()) };
        let test_id = Visible { names: params.clone(), params: params.clone(), ..models.clone() };
        let test_id = case.test_id.as_ref().and_then(|node| self.value(node, &test_id));
        let values = case.params.iter().map(|param| self.param(param, &models)).collect();
        let visible = Visible { names: params.clone(), params, ..models };
        let block = self.block(&case.steps, &case.finally, visible);
        if block.requests > MOST_REQUESTS {
            let what =
                format!("the case makes {} requests; at most {MOST_REQUESTS} are made", block.requests);
            self.errors.push(Diagnostic::at(case.name.origin.clone(), what));
        }
        let missing = missing(case, choices);
        let models: Vec<_> = match &missing {
            Some(_) => Vec::new(),
            None => case.models.iter().map(|kind| (*kind, choices.get(*kind))).collect(),
        };
        let sizes = models.iter().map(|(_, ids)| ids.len());
        let sizes = sizes.chain(case.params.iter().map(|param| param.values.len()));
        let mut combinations = sizes.fold(1, usize::saturating_mul);
        if combinations > MOST_COMBINATIONS {
            let what =
                format!("the case would run {combinations} times; at most {MOST_COMBINATIONS} are allowed");
            self.errors.push(Diagnostic::at(case.name.origin.clone(), what).hint("give it fewer params"));
            combinations = 0;
        }
        Expansion { suite, path, case, block, models, params: values, missing, combinations, test_id }
    }
}

/// Why a case that wants models which are not chosen is skipped.
fn missing(case: &Case, choices: &ModelChoices) -> Option<String> {
    let missing = case.models.iter().filter(|kind| choices.get(**kind).is_empty());
    let reasons: Vec<String> = missing.map(|kind| kind.missing()).collect();
    (!reasons.is_empty()).then(|| reasons.join(", "))
}

impl Expansion<'_> {
    /// The cases, in the order of the models and params as they are written: the first changes slowest.
    pub(super) fn cases(&self, suite: usize, fixtures: &Arc<[PlannedFixture]>) -> Vec<PlannedCase> {
        (0..self.combinations).map(|number| self.planned(number, suite, fixtures)).collect()
    }

    fn planned(&self, number: usize, suite: usize, fixtures: &Arc<[PlannedFixture]>) -> PlannedCase {
        let case = self.case;
        let (models, params) = self.chosen(number);
        let ids: Vec<&str> = params.iter().map(|(_, (id, _))| *id).collect();
        let name = self.name(&models, &ids);
        let names = names(&models, &params);
        let hit =
            |only: &[Word]| only.is_empty() || only.iter().any(|word| ids.contains(&word.text.as_str()));
        let skips = || case.skip.iter().filter(|skip| hit(&skip.params));
        let always = When::default();
        let skip = skips().find(|skip| skip.when == always).map(|skip| skip.reason.clone());
        let xfails = case.xfail.iter().filter(|xfail| hit(&xfail.params));
        PlannedCase {
            id: CaseId::new(self.path, name),
            suite,
            origin: case.name.origin.clone(),
            tags: both(&self.suite.tags, &case.tags),
            requires_apis: both(&self.suite.requires_apis, &case.requires_apis),
            skip: skip.or_else(|| self.missing.clone()),
            skip_when: skips().map(|skip| (skip.when.clone(), skip.reason.clone())).collect(),
            xfail: xfails
                .map(|xfail| XFail {
                    reason: xfail.reason.clone(),
                    strict: xfail.strict,
                    when: xfail.when.clone(),
                })
                .collect(),
            timeout: case.timeout.or(self.suite.defaults.timeout),
            test_id: self.test_id.as_ref().and_then(|template| test_id(template, &names)),
            retries: case.retries,
            repeat: case.repeat.map(|repeat| Repeat { times: repeat.times, pass_rate: repeat.pass_rate }),
            locks: case.locks.clone(),
            fixtures: Arc::clone(fixtures),
            names,
            steps: Arc::clone(&self.block.steps),
            finally: Arc::clone(&self.block.finally),
            external: None,
        }
    }

    /// The values of combination `number`, read as a number whose last digit is the last param.
    fn chosen(&self, mut number: usize) -> (Vec<(ModelKind, &str)>, ChosenParams<'_>) {
        let mut digit = |size: usize| {
            let digit = number % size.max(1);
            number /= size.max(1);
            digit
        };
        let mut params: Vec<_> = self
            .params
            .iter()
            .rev()
            .map(|param| (param.name, &param.values[digit(param.values.len())]))
            .collect();
        let mut models: Vec<_> =
            self.models.iter().rev().map(|(kind, ids)| (*kind, ids[digit(ids.len())].as_str())).collect();
        params.reverse();
        models.reverse();
        (models, params)
    }

    fn name(&self, models: &[(ModelKind, &str)], params: &[&str]) -> String {
        let name = &self.case.name.text;
        let models = models.iter().map(|(kind, id)| format!("{}={id}", kind.prefix()));
        let ids: Vec<String> = models.chain(params.iter().map(|id| (*id).to_owned())).collect();
        if ids.is_empty() { name.clone() } else { format!("{name}[{}]", ids.join("-")) }
    }
}

/// A param with its values as templates see them.
struct Values<'a> {
    name: &'a str,
    values: Vec<(&'a str, ParamValue)>,
}

/// A value of a param; most hold no template, and are not compiled.
enum ParamValue {
    Plain(Value),
    Template(ValueTemplate),
}

impl<'a> Compiler<'a> {
    /// The values of a param. They may use the models of the case, which are known before it starts.
    fn param(&mut self, param: &'a Param, models: &Visible) -> Values<'a> {
        let mut values = Vec::with_capacity(param.values.len());
        for value in &param.values {
            let compiled = if has_template(&value.value) {
                self.value(&value.value, models).map(ParamValue::Template)
            } else {
                None
            };
            let compiled = compiled.unwrap_or_else(|| ParamValue::Plain(value.value.to_json()));
            values.push((value.id.text.as_str(), compiled));
        }
        Values { name: &param.name.text, values }
    }
}

fn has_template(node: &Node) -> bool {
    match &node.kind {
        Kind::String(text) => text.contains("{{"),
        Kind::List(items) => items.iter().any(has_template),
        Kind::Map(entries) => {
            entries.iter().any(|entry| entry.key.contains("{{") || has_template(&entry.value))
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => false,
    }
}

/// What templates see: the models, the params, and the params' ids.
fn names(models: &[(ModelKind, &str)], params: &[(&str, &(&str, ParamValue))]) -> Map<String, Value> {
    let mut names = Map::new();
    for (kind, id) in models {
        let number = id.parse::<u32>().ok().filter(|_| *kind == ModelKind::EmbeddingDimension);
        names.insert(kind.name().to_owned(), number.map_or_else(|| Value::from(*id), Value::from));
    }
    let scope = Scope::new(names.clone());
    let mut param_ids = Map::new();
    for (name, (id, value)) in params {
        let value = match value {
            ParamValue::Plain(value) => value.clone(),
            // It names a model that is not chosen: the case is skipped, and nobody reads the value.
            ParamValue::Template(template) => template.render(&scope).unwrap_or(Value::Null),
        };
        names.insert((*name).to_owned(), value);
        param_ids.insert((*name).to_owned(), Value::from(*id));
    }
    names.insert("param_id".to_owned(), Value::Object(param_ids));
    names
}

/// A test's id with its names filled in. Of one with a model that is not chosen, whose case is skipped, there is none.
fn test_id(template: &ValueTemplate, names: &Map<String, Value>) -> Option<String> {
    match template.render(&Scope::new(names.clone())).ok()? {
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// The words of the suite and those of the case, each once.
pub(super) fn both(suite: &[String], case: &[String]) -> Vec<String> {
    let more = case.iter().filter(|word| !suite.contains(word));
    suite.iter().chain(more).cloned().collect()
}
