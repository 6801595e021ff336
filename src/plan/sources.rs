//! Where suites come from.

use crate::check::Resources;
use crate::source::{Diagnostic, SourceFile};
use std::sync::Arc;

/// The suites folder, as this room sees it: it opens no file itself.
pub trait SuiteSources: Resources + Sync {
    /// How the user knows the folder: `suites`. Names that begin with it are taken as paths.
    fn root(&self) -> &str;

    /// The paths of all files below the folder, relative to it, with `/` between their parts.
    ///
    /// # Errors
    /// Why the folder cannot be read.
    fn list(&self) -> Result<Vec<String>, Diagnostic>;

    /// The text of one of them.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &str) -> Result<Arc<SourceFile>, Diagnostic>;
}
