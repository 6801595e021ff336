//! The expectations of a step.

use super::answer::{Answer, Trouble};
use super::compile::{Compiler, all};
use super::excerpt::excerpt;
use super::predicate::{Context, Predicate as _};
use super::subject::{self, Expectation};
use super::{Observed, Reference, Resources, Scope};
use crate::source::{Diagnostic, Kind, Node};
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

/// The expectations of a step: a mapping from subjects to predicates.
#[derive(Debug, Clone, Default)]
pub struct Checks {
    expectations: Arc<[Expectation]>,
}

/// What came of evaluating [`Checks`].
#[derive(Debug, Clone, Default)]
pub struct Evaluation {
    /// Every expectation that did not hold, in the order they are written. The first one carries a note that shows the
    /// answer.
    pub failures: Vec<Diagnostic>,
    /// Snapshots that differ or do not exist yet, with the text they would have. The path is the suite file's folder
    /// (as in [`SourceFile::name`](crate::source::SourceFile::name)) and what is below it.
    pub snapshots: Vec<(PathBuf, String)>,
}

impl Checks {
    /// Compiles an `expect:`, `until:` or `abort_if:` mapping.
    ///
    /// # Errors
    /// Everything wrong with it: unknown subjects and predicates (with the nearest known name), values of the wrong type,
    /// JSONPaths, regular expressions and schemas that do not parse.
    pub fn compile(node: &Node, resources: &dyn Resources) -> Result<Self, Vec<Diagnostic>> {
        if !matches!(node.kind, Kind::Map(_) | Kind::Null) {
            let what = format!("a mapping of expectations belongs here, not {}", node.kind_name());
            return Err(vec![node.diagnostic(what).hint("for instance `status: 200`")]);
        }
        let compiler = Compiler { resources };
        let expectations = all(node.entries().iter().map(|entry| subject::compile(entry, &compiler)))?;
        Ok(Self { expectations: expectations.into_iter().flatten().collect() })
    }

    /// Whether nothing at all is expected.
    pub fn is_empty(&self) -> bool {
        self.expectations.is_empty()
    }

    /// Whether something is expected of the telemetry that the stack sends, which comes later than its answer.
    pub fn asks_telemetry(&self) -> bool {
        self.expectations.iter().any(|expectation| subject::TELEMETRY.contains(&expectation.subject.as_str()))
    }

    /// Whether the answer is said to have `status`: something is expected of it, and holds.
    pub fn want_status(&self, status: u16, scope: &Scope) -> bool {
        let observed = Observed {
            status,
            headers: Vec::new(),
            body: bytes::Bytes::new(),
            chunks: Vec::new(),
            duration: std::time::Duration::ZERO,
            ending: super::Ending::Complete,
            telemetry: super::observed::Telemetry::default(),
        };
        let answer = Answer::new(&observed);
        let context = Context { scope, snapshots: RefCell::default() };
        let mut about =
            self.expectations.iter().filter(|expectation| expectation.subject == "status").peekable();
        let holds = |expectation: &Expectation| {
            let found = expectation.find.find(&answer);
            found.is_ok_and(|found| expectation.rules.judge(&found, &context).is_ok())
        };
        about.peek().is_some() && about.all(holds)
    }

    /// The names its templates use.
    pub fn references(&self) -> Vec<Reference> {
        self.expectations.iter().flat_map(|expectation| expectation.rules.references()).collect()
    }

    /// Judges an answer. All expectations are evaluated, whatever failed before. An answer that broke off or never ended
    /// is one failure, also where nothing is expected of it, and what came of it is judged all the same.
    pub fn evaluate(&self, observed: &Observed, scope: &Scope) -> Evaluation {
        let answer = Answer::new(observed);
        let context = Context { scope, snapshots: RefCell::default() };
        let mut failures: Vec<Diagnostic> = self.broken(&answer).into_iter().collect();
        let broken = !failures.is_empty();
        let mut troubles: Vec<Trouble> = Vec::new();
        for expectation in self.expectations.iter() {
            match expectation.find.find(&answer) {
                Ok(found) => {
                    let unmet = expectation.rules.judge(&found, &context).err().unwrap_or_default();
                    let diagnostics = unmet
                        .into_iter()
                        .map(|unmet| unmet.diagnostic(&expectation.subject, &expectation.origin));
                    failures.extend(diagnostics);
                }
                // Half an answer is no JSON, which is said already.
                Err(_) if broken => {}
                Err(trouble) if troubles.contains(&trouble) => {}
                Err(trouble) => {
                    let diagnostic = Diagnostic::at(expectation.origin.clone(), trouble.what.clone());
                    failures.push(diagnostic.compared(trouble.expected, trouble.actual.clone()));
                    troubles.push(trouble);
                }
            }
        }
        if let Some(first) = failures.first_mut() {
            first.notes.push(excerpt(observed));
        }
        Evaluation { failures, snapshots: context.snapshots.into_inner() }
    }

    fn broken(&self, answer: &Answer<'_>) -> Option<Diagnostic> {
        let of_stream =
            self.expectations.iter().find(|expectation| expectation.subject.starts_with("stream"));
        let (what, actual) = answer.broken(of_stream.is_some())?;
        let mut diagnostic = Diagnostic::new(what);
        diagnostic.origin =
            of_stream.or(self.expectations.first()).map(|expectation| expectation.origin.clone());
        diagnostic.actual = Some(actual).filter(|actual| !actual.is_empty());
        Some(diagnostic)
    }
}
