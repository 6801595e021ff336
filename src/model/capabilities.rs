//! What a running stack offers.

use super::Server;
use std::collections::BTreeSet;

/// What a running stack says it offers; `None` where it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// What it is.
    pub server: Server,
    /// The APIs it serves (`inference`, `files`, …), from its providers or its routes.
    pub apis: Option<BTreeSet<String>>,
    /// The model ids it lists.
    pub models: Option<BTreeSet<String>>,
    /// Its version, as it says it.
    pub version: Option<String>,
}

impl Capabilities {
    /// The first of `wanted` that the stack is known not to serve. A stack that does not say what it serves is
    /// given the benefit of the doubt: its cases run, and fail if they must.
    pub fn missing_api<'a>(&self, wanted: &'a [String]) -> Option<&'a str> {
        let apis = self.apis.as_ref()?;
        wanted.iter().map(String::as_str).find(|api| !apis.contains(*api))
    }
}
