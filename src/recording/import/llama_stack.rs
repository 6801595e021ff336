//! placeholder
use super::{Imported, Importer, SourceFile};
/// x
pub(super) const IMPORTER: Importer = Importer { name: "llama-stack", summary: "", example: "", import };
fn import(_files: &[SourceFile]) -> Imported { Imported::default() }
