//! The importers there are.

use super::Importer;

/// Every importer.
pub const IMPORTERS: &[&Importer] = &[&super::llama_stack::IMPORTER, &super::har::IMPORTER];
