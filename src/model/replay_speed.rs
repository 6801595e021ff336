//! How fast recorded answers come.

use std::fmt;
use std::str::FromStr;

/// How fast recorded answers come.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum ReplaySpeed {
    /// At once; the pieces stay pieces.
    #[default]
    Instant,
    /// With the pauses that were recorded, divided by this: `1.0` is as it was, `10.0` ten times as fast. Above zero and finite.
    Times(f64),
}

/// A word that is no replay speed.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no replay speed; write `instant`, `recorded`, or a factor like `10x`")]
pub struct UnknownSpeed(pub String);

impl FromStr for ReplaySpeed {
    type Err = UnknownSpeed;

    fn from_str(text: &str) -> Result<Self, UnknownSpeed> {
        match text {
            "instant" => Ok(Self::Instant),
            "recorded" => Ok(Self::Times(1.0)),
            other => {
                let factor = other.strip_suffix('x').and_then(|number| number.parse::<f64>().ok());
                let factor = factor.filter(|factor| factor.is_finite() && *factor > 0.0);
                factor.map(Self::Times).ok_or_else(|| UnknownSpeed(other.to_owned()))
            }
        }
    }
}

impl fmt::Display for ReplaySpeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant => f.write_str("instant"),
            Self::Times(1.0) => f.write_str("recorded"),
            Self::Times(factor) => write!(f, "{factor}x"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_words_or_factors() {
        for (text, speed) in [
            ("instant", ReplaySpeed::Instant),
            ("recorded", ReplaySpeed::Times(1.0)),
            ("10x", ReplaySpeed::Times(10.0)),
            ("0.5x", ReplaySpeed::Times(0.5)),
        ] {
            assert_eq!(text.parse::<ReplaySpeed>().unwrap(), speed);
            assert_eq!(speed.to_string(), text);
        }
        for text in ["", "x", "0x", "-1x", "10", "infx", "NaNx", "fast"] {
            assert!(text.parse::<ReplaySpeed>().is_err(), "{text}");
        }
    }
}
