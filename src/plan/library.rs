//! The fragments of a file, compiled once for all the cases that use them.

use super::PlannedStep;
use super::compile::Compiler;
use super::names::{Visible, is_reserved};
use crate::source::{Diagnostic, Origin, nearest};
use crate::suite::{Field, Fragment, ModelKind, Word};
use std::collections::HashMap;
use std::sync::Arc;

/// How deep fragments may use each other.
const DEEPEST: usize = 32;

/// A fragment, compiled.
#[derive(Debug)]
pub(super) struct CompiledFragment {
    origin: Origin,
    pub(super) takes: Vec<String>,
    pub(super) steps: Arc<[PlannedStep]>,
    pub(super) finally: Arc<[PlannedStep]>,
    /// The names that its steps leave behind.
    pub(super) captures: Vec<String>,
    /// The models that its templates use, each with one place.
    pub(super) models: Vec<(ModelKind, Origin)>,
    /// How many requests it makes, fragments within it counted in full.
    pub(super) requests: usize,
}

/// The fragments that a file may use: its own, and those that all files share.
#[derive(Debug, Default)]
pub(super) struct Library<'a> {
    specs: HashMap<&'a str, &'a Fragment>,
    shared: Option<&'a Library<'a>>,
    compiled: HashMap<&'a str, Arc<CompiledFragment>>,
    /// The fragments being compiled, the innermost last.
    chain: Vec<&'a str>,
}

impl<'a> Library<'a> {
    /// A library of `fragments`, on top of a `shared` one that is compiled already.
    pub(super) fn new(
        fragments: impl IntoIterator<Item = &'a Fragment>,
        shared: Option<&'a Library<'a>>,
        errors: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut library = Self { shared, ..Self::default() };
        for fragment in fragments {
            let name = fragment.name.text.as_str();
            let shared = shared.and_then(|shared| shared.compiled.get(name)).map(|fragment| &fragment.origin);
            let first = library.specs.get(name).map(|fragment| &fragment.name.origin).or(shared);
            if let Some(first) = first {
                let what = format!("there is a fragment `{name}` already");
                let note = format!("it is at {first}");
                errors.push(
                    Diagnostic::at(fragment.name.origin.clone(), what).note(note).hint("rename one of them"),
                );
                continue;
            }
            library.specs.insert(name, fragment);
        }
        library
    }

    fn known(&self) -> impl Iterator<Item = &'a str> {
        self.specs
            .keys()
            .copied()
            .chain(self.shared.into_iter().flat_map(|shared| shared.specs.keys().copied()))
    }
}

impl<'a> Compiler<'a> {
    /// Compiles every fragment of the library, used or not: a mistake is a mistake.
    pub(super) fn compile_library(&mut self, fragments: impl IntoIterator<Item = &'a Fragment>) {
        for fragment in fragments {
            if self
                .library
                .specs
                .get(fragment.name.text.as_str())
                .is_some_and(|spec| std::ptr::eq(*spec, fragment))
            {
                self.fragment(&fragment.name);
            }
        }
    }

    /// The fragment of that name, compiled now if it has not been yet. What is wrong is complained about.
    pub(super) fn fragment(&mut self, word: &Word) -> Option<Arc<CompiledFragment>> {
        let name = word.text.as_str();
        let shared = self.library.shared.and_then(|shared| shared.compiled.get(name));
        if let Some(compiled) = self.library.compiled.get(name).or(shared) {
            return Some(Arc::clone(compiled));
        }
        let Some(spec) = self.library.specs.get(name).copied() else {
            let diagnostic = Diagnostic::at(word.origin.clone(), format!("there is no fragment `{name}`"));
            self.errors.push(match nearest(name, self.library.known()) {
                Some(name) => diagnostic.hint(format!("did you mean `{name}`?")),
                None => diagnostic,
            });
            return None;
        };
        let chain = &self.library.chain;
        if let Some(start) = chain.iter().position(|open| *open == name) {
            let names: Vec<&str> = chain[start..].iter().copied().chain([name]).collect();
            let what = format!("fragments use each other in a circle: {}", names.join(" → "));
            self.errors.push(Diagnostic::at(word.origin.clone(), what));
            return None;
        }
        if chain.len() >= DEEPEST {
            let what = format!("fragments may use each other {DEEPEST} deep at most");
            self.errors.push(Diagnostic::at(word.origin.clone(), what));
            return None;
        }
        self.library.chain.push(&spec.name.text);
        let compiled = Arc::new(self.compile_fragment(spec));
        self.library.chain.pop();
        self.library.compiled.insert(&spec.name.text, Arc::clone(&compiled));
        Some(compiled)
    }

    fn compile_fragment(&mut self, spec: &'a Fragment) -> CompiledFragment {
        for take in spec.takes.iter().filter(|take| is_reserved(&take.text)) {
            self.reserved(take);
        }
        let takes: Vec<String> = spec.takes.iter().map(|take| take.text.clone()).collect();
        let visible = Visible { names: takes.clone(), params: Vec::new(), models: None };
        let outer = std::mem::take(&mut self.models_used);
        let block = self.block(&spec.steps, &spec.finally, visible);
        let models = std::mem::replace(&mut self.models_used, outer);
        CompiledFragment {
            origin: spec.name.origin.clone(),
            captures: block.captured,
            takes,
            steps: block.steps,
            finally: block.finally,
            models,
            requests: block.requests,
        }
    }

    /// Complains about arguments that are missing, and about those that nothing takes.
    pub(super) fn arguments(&mut self, fragment: &Word, takes: &[String], with: &[Field]) {
        for take in takes.iter().filter(|take| !with.iter().any(|field| field.name.text == **take)) {
            let what = format!("the fragment `{}` takes `{take}`, which is not given", fragment.text);
            let hint = format!("add `with: {{ {take}: … }}`");
            self.errors.push(Diagnostic::at(fragment.origin.clone(), what).hint(hint));
        }
        for field in with.iter().filter(|field| !takes.contains(&field.name.text)) {
            let what = format!("the fragment `{}` does not take `{}`", fragment.text, field.name.text);
            let diagnostic = Diagnostic::at(field.name.origin.clone(), what);
            self.errors.push(match takes {
                [] => diagnostic.hint("it takes nothing"),
                takes => diagnostic.hint(format!("it takes {}", takes.join(", "))),
            });
        }
    }
}
