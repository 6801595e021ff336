//! What a value must be like: a bare value (equality), or a mapping of predicates and of paths below the value.

use super::compile::{Compiler, Mistakes, all, key_to_value, parse_path};
use super::found::Found;
use super::path::JsonPath;
use super::predicate::{self, CHECKS, Context, Predicate};
use super::template::Reference;
use super::unmet::{Judged, below};
use crate::source::{Diagnostic, Entry, Kind, Node, Origin, nearest};

/// What a value must be like; all clauses hold together.
#[derive(Debug)]
pub(super) struct Rules {
    clauses: Vec<Clause>,
}

#[derive(Debug)]
struct Clause {
    origin: Origin,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// About the value itself.
    Predicate(Box<dyn Predicate>),
    /// About what a path selects below it.
    Path(JsonPath, Rules),
}

impl Rules {
    /// Compiles what stands after `entry`'s key; the key counts as part of a bare value's place.
    pub(super) fn of_entry(entry: &Entry, compiler: &Compiler<'_>) -> Result<Self, Mistakes> {
        Self::compile(&entry.value, key_to_value(entry), compiler)
    }

    /// Compiles a value that has no key of its own.
    pub(super) fn of_node(node: &Node, compiler: &Compiler<'_>) -> Result<Self, Mistakes> {
        Self::compile(node, node.origin.clone(), compiler)
    }

    fn compile(node: &Node, origin: Origin, compiler: &Compiler<'_>) -> Result<Self, Mistakes> {
        match &node.kind {
            Kind::Map(entries) if entries.is_empty() => Err(vec![
                node.diagnostic("an empty mapping expects nothing")
                    .hint("equality with an empty object is `eq: {}`"),
            ]),
            Kind::Map(entries) => Self::of_entries(entries.iter(), compiler),
            _ => {
                let test = Test::Predicate(predicate::equality(node)?);
                Ok(Self { clauses: vec![Clause { origin, test }] })
            }
        }
    }

    /// Compiles the lines of a mapping.
    pub(super) fn of_entries<'a>(
        entries: impl Iterator<Item = &'a Entry>,
        compiler: &Compiler<'_>,
    ) -> Result<Self, Mistakes> {
        let clauses = all(entries.map(|entry| clause(entry, compiler)))?;
        Ok(Self { clauses })
    }

    /// The one test that `predicate` is, at `origin`.
    pub(super) fn single(predicate: Box<dyn Predicate>, origin: Origin) -> Self {
        Self { clauses: vec![Clause { origin, test: Test::Predicate(predicate) }] }
    }
}

fn clause(entry: &Entry, compiler: &Compiler<'_>) -> Result<Clause, Mistakes> {
    let origin = key_to_value(entry);
    if entry.key.starts_with('$') {
        let path = parse_path(&entry.key, &entry.key_origin);
        let rules = Rules::of_entry(entry, compiler);
        return match (path, rules) {
            (Ok(path), Ok(rules)) => Ok(Clause { origin, test: Test::Path(path, rules) }),
            (path, rules) => Err(path.err().into_iter().chain(rules.err().into_iter().flatten()).collect()),
        };
    }
    match CHECKS.iter().find(|rule| rule.name == entry.key) {
        Some(rule) => Ok(Clause { origin, test: Test::Predicate((rule.compile)(entry, compiler)?) }),
        None => Err(vec![unknown(entry)]),
    }
}

fn unknown(entry: &Entry) -> Diagnostic {
    let what = format!("there is no predicate `{}`", entry.key);
    let diagnostic = Diagnostic::at(entry.key_origin.clone(), what);
    match nearest(&entry.key, CHECKS.iter().map(|rule| rule.name)) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic.hint(format!(
            "predicates are {}; a member is tested with a path (`$.{}`), equality with a mapping with `eq:`",
            CHECKS.iter().map(|rule| rule.name).collect::<Vec<_>>().join(" "),
            entry.key
        )),
    }
}

impl Predicate for Rules {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let mut failures = Vec::new();
        for clause in &self.clauses {
            if let Err(mut unmet) = clause.judge(found, context) {
                for unmet in &mut unmet {
                    unmet.origin.get_or_insert_with(|| clause.origin.clone());
                }
                failures.append(&mut unmet);
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(failures) }
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        let phrases: Vec<String> = self.clauses.iter().map(|clause| clause.phrase(context)).collect();
        phrases.join(" and ")
    }

    fn references(&self) -> Vec<Reference> {
        let of_clause = |clause: &Clause| match &clause.test {
            Test::Predicate(predicate) => predicate.references(),
            Test::Path(_, rules) => rules.references(),
        };
        self.clauses.iter().flat_map(of_clause).collect()
    }
}

impl Clause {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        match &self.test {
            Test::Predicate(predicate) => predicate.judge(found, context),
            Test::Path(path, rules) => {
                let root = found.whole()?;
                below(rules.judge(&path.find(&root), context), path.below())
            }
        }
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        match &self.test {
            Test::Predicate(predicate) => predicate.phrase(context),
            Test::Path(path, rules) => format!("have a {} to {}", path.text(), rules.phrase(context)),
        }
    }
}
