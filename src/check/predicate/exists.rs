//! `exists`

use super::{Context, Predicate, Rule};
use crate::check::compile::boolean;
use crate::check::found::Found;
use crate::check::show;
use crate::check::unmet::{Judged, Unmet};

pub(super) static RULE: Rule = Rule {
    name: "exists",
    summary: "is there (null is there too), or with `false`, is not",
    example: "{ exists: false }",
    compile: |entry, _| Ok(Box::new(Exists { wanted: boolean(entry)? })),
};

#[derive(Debug)]
struct Exists {
    wanted: bool,
}

impl Predicate for Exists {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        if found.exists() == self.wanted {
            return Ok(());
        }
        let unmet = Unmet::should(self.phrase(context));
        match found {
            Found::Missing { path, root } => match path.explain_missing(root) {
                Some(hint) => Err(unmet.hint(hint).alone()),
                None => Err(unmet.alone()),
            },
            Found::Nothing(Some(hint)) => Err(unmet.hint(hint).alone()),
            _ => match found.whole() {
                Ok(value) if found.exists() => Err(unmet.actual(show::json(&value)).alone()),
                _ => Err(unmet.alone()),
            },
        }
    }

    fn phrase(&self, _context: &Context<'_>) -> String {
        if self.wanted { "exist".into() } else { "not exist".into() }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn null_exists_and_absence_does_not() {
        let root = json!({"a": null, "list": []});
        holds("{ $.a: { exists: true }, $.b: { exists: false }, '$.list[*]': { exists: false } }", &root);
        fails("{ $.a: { exists: false } }", &root, ".a should not exist");
        let unmet = fails("{ $.b: { exists: true } }", &root, ".b should exist");
        assert!(unmet.hint.unwrap().contains("it has: a, list"));
        holds("{ $.b: { not: { exists: true } } }", &root);
        assert!(mistakes("{ exists: 1 }")[0].what.contains("`exists` takes true or false, not a number"));
    }
}
