//! What a case met with at one stack and not at another.

use std::fmt;
use std::str::FromStr;

/// What a case met with at another stack than the run's first, where it ran against several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackDifference {
    /// What of it differs.
    pub aspect: Aspect,
    /// The step: its number and what it asks, `2 POST /v1/chat/completions`; `None` where it is the case as a whole.
    pub step: Option<String>,
    /// Where in the answer: a path of its shape, the place in the events; `None` where the aspect says it all.
    pub at: Option<String>,
    /// What came of it at the first stack, shortened.
    pub baseline: String,
    /// What came of it at the other one, shortened.
    pub other: String,
}

/// What of an answer differs. The order is that of importance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// How the case ended.
    Outcome,
    /// Which of its steps were answered.
    Steps,
    /// The HTTP status.
    Status,
    /// The type of the body, which fields JSON has, and their types.
    Shape,
    /// The kinds of events of a stream, in their order.
    Events,
    /// What is said. Two live models never say the same.
    Text,
}

impl Aspect {
    /// Every one, the most important first.
    pub const ALL: [Self; 6] =
        [Self::Outcome, Self::Steps, Self::Status, Self::Shape, Self::Events, Self::Text];

    /// The word in tables and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Steps => "steps",
            Self::Status => "status",
            Self::Shape => "shape",
            Self::Events => "events",
            Self::Text => "text",
        }
    }
}

/// What becomes of a run whose stacks differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDifference {
    /// It is reported, and no more.
    #[default]
    Report,
    /// The run fails, unless only texts differ.
    Fail,
    /// The run fails, also where only texts differ.
    Strict,
}

impl OnDifference {
    /// Every one, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Report, Self::Fail, Self::Strict];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Fail => "fail",
            Self::Strict => "strict",
        }
    }

    /// Whether the run fails where this differs.
    pub fn fails(self, aspect: Aspect) -> bool {
        match self {
            Self::Report => false,
            Self::Fail => aspect != Aspect::Text,
            Self::Strict => true,
        }
    }
}

impl fmt::Display for OnDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is none of `report`, `fail`, `strict`")]
pub struct UnknownOnDifference(pub String);

impl FromStr for OnDifference {
    type Err = UnknownOnDifference;

    fn from_str(text: &str) -> Result<Self, UnknownOnDifference> {
        Self::ALL
            .into_iter()
            .find(|known| known.name() == text)
            .ok_or_else(|| UnknownOnDifference(text.to_owned()))
    }
}
