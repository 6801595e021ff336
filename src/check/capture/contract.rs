//! What every capture is and does.

use super::CAPTURES;
use crate::check::answer::Answer;
use crate::check::compile::Mistakes;
use crate::check::found::Found;
use crate::check::show;
use crate::check::subject::Find;
use crate::source::{Diagnostic, Node, nearest};
use serde_json::Value;

/// An entry of [`CAPTURES`].
pub(in crate::check) struct Kind {
    /// How it begins.
    pub(in crate::check) name: &'static str,
    /// What it takes, in one line.
    pub(in crate::check) summary: &'static str,
    /// A line below `capture:`.
    pub(in crate::check) example: &'static str,
    /// Compiles what stands after a name; `None` if it is another kind of capture.
    pub(in crate::check) compile: fn(&Node) -> Option<Result<Capture, Mistakes>>,
}

/// A compiled capture.
#[derive(Debug)]
pub(in crate::check) struct Capture {
    find: Box<dyn Find>,
    /// Whether several values are wanted, as a list.
    list: bool,
}

/// Compiles what stands after a name.
pub(in crate::check) fn compile(node: &Node) -> Result<Capture, Mistakes> {
    let compiled = CAPTURES.iter().find_map(|kind| (kind.compile)(node));
    compiled.unwrap_or_else(|| Err(vec![unknown(node)]))
}

fn unknown(node: &Node) -> Diagnostic {
    let names: Vec<&str> = CAPTURES.iter().map(|kind| kind.name).collect();
    let typed = node.as_str().unwrap_or_default();
    let what = match node.as_str() {
        Some(text) => format!("`{text}` is no place in an answer"),
        None => format!("a place in the answer belongs here, not {}", node.kind_name()),
    };
    let hint = match nearest(typed, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", names.join(", ")),
    };
    node.diagnostic(what).hint(hint)
}

impl Capture {
    pub(super) fn new(find: impl Find + 'static) -> Self {
        Self { find: Box::new(find), list: false }
    }

    /// A capture of all that is found, as a list.
    pub(super) fn list_if(mut self, list: bool) -> Self {
        self.list = list;
        self
    }

    pub(super) fn into_find(self) -> Box<dyn Find> {
        self.find
    }

    /// The value; a failure says what there is instead.
    pub(in crate::check) fn take(&self, answer: &Answer<'_>) -> Result<Value, Diagnostic> {
        let trouble = |trouble: crate::check::answer::Trouble| {
            Diagnostic::new(trouble.what).compared(trouble.expected, trouble.actual)
        };
        match self.find.find(answer).map_err(trouble)? {
            Found::One(value) => Ok(value.into_owned()),
            Found::Nodes(nodes) if self.list && !nodes.is_empty() => Ok(nodes.into_iter().cloned().collect()),
            Found::Nodes(nodes) if nodes.len() == 1 => Ok(nodes[0].clone()),
            Found::Nodes(nodes) if nodes.is_empty() => Err(nothing(None, answer)),
            Found::Nodes(nodes) => {
                let what = format!("the path selects {}", show::count(nodes.len(), "value"));
                Err(Diagnostic::new(what).hint("a path with [*] captures them all, as a list"))
            }
            Found::Nothing(hint) => Err(nothing(hint, answer)),
            Found::Missing { path, root } => Err(nothing(path.explain_missing(root), answer)),
        }
    }
}

fn nothing(hint: Option<String>, answer: &Answer<'_>) -> Diagnostic {
    let mut diagnostic = Diagnostic::new("it is not in the answer");
    diagnostic.hint = hint;
    diagnostic.note(crate::check::excerpt::excerpt(answer.observed))
}
