//! The rules of a run: what the project and the suites declare not to count in provider calls.

use crate::app::project::load::Project;
use crate::plan::Plan;
use crate::recording::{RuleBook, Rules};
use crate::source::{Diagnostic, nearest};
use crate::suite::DeclaredRule;
use std::collections::HashMap;

/// Compiles the rules of `project` and of the suites of `plan`. Returns them with what the user should know.
///
/// # Errors
/// Every rule that makes no sense, with its place.
pub(in crate::app) fn rule_book(
    project: &Project,
    plan: &Plan,
) -> Result<(RuleBook, Vec<String>), Vec<Diagnostic>> {
    let suites: Vec<(&str, &[DeclaredRule])> =
        plan.suites.iter().map(|suite| (suite.path.as_str(), suite.rules.as_slice())).collect();
    rule_book_of(project, &suites)
}

/// The same for suites of which only path and rules are known.
///
/// # Errors
/// Every rule that makes no sense, with its place.
pub(in crate::app) fn rule_book_of(
    project: &Project,
    suites: &[(&str, &[DeclaredRule])],
) -> Result<(RuleBook, Vec<String>), Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut compile = |rules: &[&DeclaredRule]| {
        Rules::new(rules.iter().map(|declared| &declared.rule)).unwrap_or_else(|wrong| {
            errors.extend(
                wrong.into_iter().map(|error| Diagnostic::at(rules[error.at].origin.clone(), error.problem)),
            );
            Rules::default()
        })
    };
    let shared: Vec<&DeclaredRule> = project.rules.iter().collect();
    let everywhere = compile(&shared);
    let own = suites.iter().filter(|(_, rules)| !rules.is_empty());
    let by_suite: HashMap<String, Rules> = own
        .map(|(path, own)| {
            // A mistake in the project's is told once.
            let valid = shared.iter().copied().filter(|declared| Rules::new([&declared.rule]).is_ok());
            let rules: Vec<&DeclaredRule> = valid.chain(*own).collect();
            ((*path).to_owned(), compile(&rules))
        })
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let all = project.rules.iter().chain(suites.iter().flat_map(|(_, rules)| *rules));
    let notices = all.filter_map(|declared| unknown_provider(declared, project)).collect();
    Ok((RuleBook::new(everywhere, by_suite), notices))
}

/// A rule for a provider that there is not does no harm, but most likely not what it was written for, either.
fn unknown_provider(declared: &DeclaredRule, project: &Project) -> Option<String> {
    let (name, origin) = (declared.rule.provider.as_deref()?, declared.provider.as_ref()?);
    if project.providers.contains_key(name) {
        return None;
    }
    let nearest = nearest(name, project.providers.keys().map(String::as_str));
    let hint = nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Some(format!("{origin}: there is no provider `{name}`, so the rule does nothing{hint}"))
}
