//! Why a command could not be carried out, and the exit code that says so.

use super::ExitStatus;
use crate::source::Diagnostic;

/// Why a command could not be carried out.
#[derive(Debug)]
pub(super) struct CommandError {
    /// What the process exits with.
    pub(super) status: ExitStatus,
    /// What was wrong, all of it.
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl CommandError {
    /// Something the user wrote is wrong.
    pub(super) fn usage(diagnostics: Vec<Diagnostic>) -> Self {
        Self { status: ExitStatus::Usage, diagnostics }
    }

    /// Something outside the user's texts is wrong.
    pub(super) fn internal(diagnostic: Diagnostic) -> Self {
        Self { status: ExitStatus::Internal, diagnostics: vec![diagnostic] }
    }
}

impl From<anyhow::Error> for CommandError {
    /// An error nobody foresaw, with its causes.
    fn from(error: anyhow::Error) -> Self {
        Self::internal(Diagnostic::new(format!("{error:#}")))
    }
}
