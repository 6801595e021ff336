//! Files that belong to a suite.

use crate::source::SourceFile;
use std::sync::Arc;

/// How rooms that never open a file get at the files a suite names (schemas, snapshots, uploads).
pub trait Resources {
    /// The text of the file at `path`, relative to the folder of the suite file `suite`; `None` if it does not exist.
    ///
    /// # Errors
    /// Why it cannot be read, in words: it lies outside the suites folder, or is no text.
    fn text(&self, suite: &SourceFile, path: &str) -> Result<Option<Arc<SourceFile>>, String>;

    /// The bytes of such a file.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    fn bytes(&self, suite: &SourceFile, path: &str) -> Result<Option<Vec<u8>>, String>;
}
