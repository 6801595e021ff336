//! What every predicate is and does.

use crate::check::Scope;
use crate::check::compile::{Compiler, Mistakes};
use crate::check::found::Found;
use crate::check::template::Reference;
use crate::check::unmet::Judged;
use crate::source::Entry;
use std::cell::RefCell;
use std::fmt::Debug;
use std::path::PathBuf;

/// An entry of [`CHECKS`](super::CHECKS).
pub(in crate::check) struct Rule {
    /// Its key in a suite.
    pub(in crate::check) name: &'static str,
    /// What it says of a value, in one line.
    pub(in crate::check) summary: &'static str,
    /// YAML, as it stands below a subject.
    pub(in crate::check) example: &'static str,
    /// Compiles a line of a suite.
    pub(in crate::check) compile: fn(&Entry, &Compiler<'_>) -> Compiled,
}

/// A predicate, or what is wrong with its line.
pub(in crate::check) type Compiled = Result<Box<dyn Predicate>, Mistakes>;

/// A compiled predicate.
pub(in crate::check) trait Predicate: Debug + Send + Sync {
    /// Whether it holds, and if not, why.
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged;

    /// What follows "should" in a message: `be 200`.
    fn phrase(&self, context: &Context<'_>) -> String;

    /// The names its templates use.
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }
}

/// What judging may look at besides the value, and what comes of it besides a verdict.
pub(in crate::check) struct Context<'a> {
    pub(in crate::check) scope: &'a Scope,
    /// Snapshots that differ, with their new text.
    pub(in crate::check) snapshots: RefCell<Vec<(PathBuf, String)>>,
}
