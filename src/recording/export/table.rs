//! The exporters there are.

use super::Exporter;

/// Every exporter.
pub const EXPORTERS: &[&Exporter] = &[&super::har::EXPORTER, &super::llama_stack::EXPORTER];
