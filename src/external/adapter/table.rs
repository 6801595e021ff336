//! The one table of adapters.

use super::{command, jest, pytest};
use crate::process::Launch;
use std::path::Path;

/// How a runner is started and spoken with.
#[derive(Debug)]
pub struct Adapter {
    /// The word in a suite.
    pub name: &'static str,
    /// One line on what it runs.
    pub summary: &'static str,
    /// An `external:` that uses it.
    pub example: &'static str,
    /// How its tests are run.
    pub how: How,
    /// What is written to the run's folder for it.
    pub(in crate::external) scripts: &'static [Script],
    /// Puts our lines into the runner that is about to be started.
    pub(in crate::external) enlist: fn(&mut Launch, &Enlisting<'_>),
}

/// How the tests of an adapter are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A process asks for one test after the other.
    Asks,
    /// A process is given files, and asks which of the tests in them to run.
    Files,
    /// A process runs one test, and is not spoken with.
    Single,
}

/// A file of ours that a runner loads.
#[derive(Debug)]
pub(in crate::external) struct Script {
    pub(in crate::external) name: &'static str,
    pub(in crate::external) text: &'static str,
}

/// What a runner is started with.
pub(in crate::external) struct Enlisting<'a> {
    /// Where the scripts are.
    pub(in crate::external) scripts: &'a Path,
    /// Our own environment, which the process inherits.
    pub(in crate::external) inherited: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The files whose tests it is to run; none while it lists all there are.
    pub(in crate::external) files: &'a [String],
}

impl Enlisting<'_> {
    /// What the process would have in the variable `name`: what the suite says, or what we have ourselves.
    pub(in crate::external) fn so_far(&self, launch: &Launch, name: &str) -> Option<String> {
        let own = launch.env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        own.or_else(|| (self.inherited)(name)).filter(|value| !value.is_empty()).map(str::to_owned)
    }
}

/// Every adapter, in the order of the documentation.
pub static ADAPTERS: [&Adapter; 3] = [&pytest::ADAPTER, &jest::ADAPTER, &command::ADAPTER];
