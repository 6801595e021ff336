//! Providers of a server that is the project's own: nobody but the project knows how it is told where they are.

use super::fields::{any_fields, variable};
use crate::source::{Diagnostic, Node, Origin, nearest};

/// What `providers:` of a distribution or an image says.
#[derive(Debug, Clone, Default)]
pub(in crate::app) struct Told {
    /// Providers, each with the variable by which the server is told its base URL.
    pub(in crate::app) variables: Vec<(String, String)>,
    /// Where each is written.
    origins: Vec<Origin>,
}

impl Told {
    /// Reads the key of `node`; what is wrong is noted in `errors`.
    pub(in crate::app) fn read(node: &Node, errors: &mut Vec<Diagnostic>) -> Self {
        let entries = node.get("providers").map(|node| any_fields(node, errors)).into_iter().flatten();
        let pairs = entries.filter_map(|entry| {
            Some(((entry.key.clone(), variable(&entry.value, errors)?), entry.key_origin.clone()))
        });
        let (variables, origins) = pairs.unzip();
        Self { variables, origins }
    }

    /// A complaint of each provider that is not among the `known`.
    pub(in crate::app) fn unknown<'a>(
        &self,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Vec<Diagnostic> {
        let all = self.variables.iter().zip(&self.origins);
        all.filter(|((name, _), _)| !known.clone().any(|known| known == name))
            .map(|((name, _), origin)| {
                let error = Diagnostic::at(origin.clone(), format!("there is no provider `{name}`"));
                match nearest(name, known.clone()) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error
                        .hint("`providers:` of stack-test.yaml adds to those of `stack-test help providers`"),
                }
            })
            .collect()
    }
}
