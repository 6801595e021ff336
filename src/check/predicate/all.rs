//! `all`

use super::{Context, Predicate, Rule};
use crate::check::compile::{self, Mistakes};
use crate::check::found::Found;
use crate::check::rules::Rules;
use crate::check::template::Reference;
use crate::check::unmet::Judged;
use crate::source::{Entry, Kind};

pub(super) static RULE: Rule = Rule {
    name: "all",
    summary: "every one of a list of predicate sets holds (for several of the same name)",
    example: "{ all: [{ contains: red }, { contains: blue }] }",
    compile: |entry, compiler| match &entry.value.kind {
        Kind::List(items) if !items.is_empty() => {
            Ok(Box::new(All { sets: compile::all(items.iter().map(|item| Rules::of_node(item, compiler)))? }))
        }
        _ => Err(no_list(entry)),
    },
};

fn no_list(entry: &Entry) -> Mistakes {
    let what = format!("`all` takes a list of predicates, not {}", entry.value.kind_name());
    vec![entry.value.diagnostic(what).hint("what holds for every element of a list is written with `each`")]
}

#[derive(Debug)]
struct All {
    sets: Vec<Rules>,
}

impl Predicate for All {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let failures: Vec<_> =
            self.sets.iter().filter_map(|set| set.judge(found, context).err()).flatten().collect();
        if failures.is_empty() { Ok(()) } else { Err(failures) }
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        let phrases: Vec<String> = self.sets.iter().map(|set| set.phrase(context)).collect();
        phrases.join(" and ")
    }

    fn references(&self) -> Vec<Reference> {
        self.sets.iter().flat_map(Rules::references).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn every_set_holds() {
        holds("{ all: [{ contains: a }, { contains: b }] }", &json!("ab"));
        fails("{ all: [{ contains: a }, { contains: c }] }", &json!("ab"), "should contain \"c\"");
        assert!(mistakes("{ all: { contains: a } }")[0].hint.as_deref().unwrap().contains("`each`"));
    }
}
