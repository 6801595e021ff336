//! Who records: the gateway, or the stack by its own recorder.

use crate::model::InferenceMode;
use crate::source::Diagnostic;
use crate::stack::Runtime;
use std::path::Path;
use std::str::FromStr;

/// What `--recorder` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::app) enum Recorder {
    /// The gateway.
    #[default]
    Gateway,
    /// The stack itself, in its own files.
    Stack,
}

/// A word that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no recorder; there are gateway and stack")]
pub(in crate::app) struct UnknownRecorder(String);

impl FromStr for Recorder {
    type Err = UnknownRecorder;

    fn from_str(text: &str) -> Result<Self, UnknownRecorder> {
        match text {
            "gateway" => Ok(Self::Gateway),
            "stack" => Ok(Self::Stack),
            other => Err(UnknownRecorder(other.to_owned())),
        }
    }
}

impl Recorder {
    /// Finds out whether `runtime` can do it.
    ///
    /// # Errors
    /// It has no recorder.
    pub(in crate::app) fn suits(self, runtime: &Runtime) -> Result<(), Diagnostic> {
        if self == Self::Gateway || matches!(runtime, Runtime::Python(_)) {
            return Ok(());
        }
        Err(Diagnostic::new(
            "`--recorder stack` needs an installed Llama Stack or OGX: others have no recorder",
        )
        .hint(
            "activate its venv (`stack-test doctor` shows what is found), or leave recording to the gateway",
        ))
    }

    /// The variables that have a stack's recorder work in `mode`, under both its names. It keeps what a test
    /// `a/b/test_c.py::d` asked in `a/b/recordings`, seen from three folders above the one that it is told; so that it is
    /// told one that makes those be below `recordings`, as they are below upstream's repository.
    pub(in crate::app) fn env(mode: InferenceMode, recordings: &Path) -> Vec<(String, String)> {
        let folder = recordings.join("tests/integration/common").display().to_string();
        let told = |prefix: &str| {
            [("INFERENCE_MODE", mode.name()), ("STACK_CONFIG_TYPE", "server"), ("RECORDING_DIR", &folder)]
                .map(|(name, value)| (format!("{prefix}_TEST_{name}"), value.to_owned()))
        };
        ["LLAMA_STACK", "OGX"].into_iter().flat_map(told).collect()
    }
}
