//! One file per predicate, each with its name, summary, example and behaviour; [`CHECKS`] is the table of them.
//!
//! To add one: a file here and a line in the table. It is then known to suites, to `docs/checks.md` and to error messages.

mod affix;
mod all;
mod any;
mod containing;
mod contains;
mod contract;
mod each;
mod empty;
mod ends_with;
mod eq;
mod exists;
mod expected;
mod ge;
mod gt;
mod icontains;
mod in_;
mod le;
mod len;
mod lt;
mod matches;
mod ne;
mod not;
mod ordering;
mod schema;
mod snapshot;
mod starts_with;
mod type_;
mod within;

pub(super) use contract::{Context, Predicate, Rule};
pub(super) use eq::equality;
pub(super) use matches::regex;

/// All predicates, in the order of the reference page.
pub(super) static CHECKS: &[&Rule] = &[
    &eq::RULE,
    &ne::RULE,
    &gt::RULE,
    &ge::RULE,
    &lt::RULE,
    &le::RULE,
    &in_::RULE,
    &contains::RULE,
    &icontains::RULE,
    &starts_with::RULE,
    &ends_with::RULE,
    &matches::RULE,
    &type_::RULE,
    &exists::RULE,
    &empty::RULE,
    &len::RULE,
    &not::RULE,
    &any::RULE,
    &all::RULE,
    &each::RULE,
    &schema::RULE,
    &snapshot::RULE,
    &within::RULE,
];
