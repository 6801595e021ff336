//! What becomes of connections to hosts that are no provider of ours.

use std::fmt;
use std::str::FromStr;

/// What becomes of a connection that the stack opens, by way of the gateway, to a host that is no provider of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Egress {
    /// It is passed on, and the report says so.
    #[default]
    Report,
    /// It is refused, and the report says so.
    Deny,
}

impl Egress {
    /// Every one, in the order of the documentation.
    pub const ALL: [Self; 2] = [Self::Report, Self::Deny];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is none of `report`, `deny`")]
pub struct UnknownEgress(pub String);

impl FromStr for Egress {
    type Err = UnknownEgress;

    fn from_str(text: &str) -> Result<Self, UnknownEgress> {
        Self::ALL
            .into_iter()
            .find(|egress| egress.name() == text)
            .ok_or_else(|| UnknownEgress(text.to_owned()))
    }
}
