//! What the tables of this room say of themselves, for the command line's help and the reference pages.

/// An entry of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableEntry {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// How it is used.
    pub example: String,
}

/// The inference providers; an example is an environment that enables one.
pub fn provider_table() -> Vec<TableEntry> {
    let entry = |kind: &&dyn super::provider::Provider| {
        let (variable, value) = kind.example();
        TableEntry { name: kind.name(), summary: kind.summary(), example: format!("{variable}={value}") }
    };
    super::provider::PROVIDERS.iter().map(entry).collect()
}

/// The ids that inference providers may have: what stands before the slash of a model id.
pub fn provider_ids() -> Vec<&'static str> {
    super::provider::instances().map(|(_, instance)| instance.id).collect()
}

/// The APIs; an example is a request.
pub fn api_table() -> Vec<TableEntry> {
    super::router::table_entries()
}
