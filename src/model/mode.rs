//! What the gateway does with a provider call.

use std::fmt;
use std::str::FromStr;

/// What the gateway does with a provider call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InferenceMode {
    /// Answer from the recordings; never connect to a provider.
    #[default]
    Replay,
    /// Ask the provider and keep its answers in place of the old ones.
    Record,
    /// Replay the cases that have recordings, record those that have none.
    RecordIfMissing,
    /// Ask the provider, keep nothing.
    Live,
}

impl InferenceMode {
    /// Every mode, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Replay, Self::Record, Self::RecordIfMissing, Self::Live];

    /// Whether it may keep answers of providers.
    pub fn records(self) -> bool {
        matches!(self, Self::Record | Self::RecordIfMissing)
    }

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Record => "record",
            Self::RecordIfMissing => "record-if-missing",
            Self::Live => "live",
        }
    }
}

impl fmt::Display for InferenceMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that is no inference mode.
#[derive(Debug, thiserror::Error)]
#[error("unknown inference mode `{0}`; the modes are replay, record, record-if-missing and live")]
pub struct UnknownMode(pub String);

impl FromStr for InferenceMode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        Self::ALL.into_iter().find(|mode| mode.name() == text).ok_or_else(|| UnknownMode(text.to_owned()))
    }
}
