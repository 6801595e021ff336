//! The names a template may use, known before anything runs.

use crate::check::Reference;
use crate::source::{Diagnostic, nearest};
use crate::suite::ModelKind;

/// A name that every template may use.
#[derive(Debug)]
pub struct BuiltIn {
    /// The dotted path: `stack.url`.
    pub path: &'static str,
    /// What it holds.
    pub about: &'static str,
}

/// The names that every template may use.
pub const BUILT_IN: [BuiltIn; 5] = [
    BuiltIn { path: "stack.url", about: "the base URL of the stack under test, without a slash at its end" },
    BuiltIn { path: "run.id", about: "a token for this run" },
    BuiltIn { path: "case.id", about: "the id of the case: inference/chat::streaming[txt=…]" },
    BuiltIn { path: "case.name", about: "its name, with its params: streaming[txt=…]" },
    BuiltIn { path: "unique", about: "a token that is new for each attempt at the case" },
];

/// Whether `name` means something already, so that nothing of the user's may be called so.
pub(super) fn is_reserved(name: &str) -> bool {
    let built_in = |name: &str| BUILT_IN.iter().any(|known| known.path.split('.').next() == Some(name));
    matches!(name, "param_id" | "fixtures" | "args") || ModelKind::from_name(name).is_some() || built_in(name)
}

/// The names that a step may use.
#[derive(Debug, Clone)]
pub(super) struct Visible {
    /// Params, arguments and captures.
    pub(super) names: Vec<String>,
    /// The params, for `param_id`.
    pub(super) params: Vec<String>,
    /// The models that the case asks for; `None` in a fragment, which does not know its case.
    pub(super) models: Option<Vec<ModelKind>>,
}

impl Visible {
    /// What is wrong with a reference, which may also be one of `fixtures`; for a model used in a fragment, that is for its cases
    /// to judge.
    pub(super) fn judge(&self, reference: &Reference, fixtures: &[String]) -> Result<(), Diagnostic> {
        let path = reference.path.as_str();
        let root = path.split('.').next().unwrap_or(path);
        let is_built_in = BUILT_IN.iter().any(|known| known.path == path);
        if is_built_in
            || fixtures.iter().any(|name| name == path)
            || self.names.iter().any(|name| name == root)
        {
            return Ok(());
        }
        if let Some(kind) = ModelKind::from_name(root) {
            let known = self.models.as_ref().is_none_or(|kinds| kinds.contains(&kind));
            let what = format!("the case does not ask for a `{root}`");
            let hint = format!("add `models: [{root}]` to the case");
            return if known && root == path { Ok(()) } else { Err(diagnostic(reference, what).hint(hint)) };
        }
        if let Some(param) = path.strip_prefix("param_id.")
            && self.params.iter().any(|name| name == param)
        {
            return Ok(());
        }
        Err(self.unknown(reference, fixtures))
    }

    fn unknown(&self, reference: &Reference, fixtures: &[String]) -> Diagnostic {
        let path = reference.path.as_str();
        let mut known: Vec<String> = self.names.clone();
        known.extend(self.params.iter().map(|name| format!("param_id.{name}")));
        let kinds = self.models.clone().unwrap_or_else(|| ModelKind::ALL.to_vec());
        known.extend(kinds.into_iter().map(|kind| kind.name().to_owned()));
        known.extend_from_slice(fixtures);
        let own = known.len();
        known.extend(BUILT_IN.iter().map(|name| name.path.to_owned()));
        let diagnostic = diagnostic(reference, format!("nothing here is called `{path}`"));
        if let Some(name) = nearest(path, known.iter().map(String::as_str)) {
            return diagnostic.hint(format!("did you mean `{name}`?"));
        }
        // The case's own names first; the built-in ones are listed only where there is nothing else.
        let listed = if own > 0 { &known[..own] } else { &known[..] };
        diagnostic.hint(format!("known here: {}", listed.join(", ")))
    }
}

fn diagnostic(reference: &Reference, what: String) -> Diagnostic {
    Diagnostic::at(reference.origin.clone(), what)
}
