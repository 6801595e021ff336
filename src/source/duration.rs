//! Lengths of time as they are written: `100ms`, `5s`, `1m30s`.

use std::time::Duration;

/// The longest length of time accepted: a typing mistake should not make a case wait for years.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// Why a text is no length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnknownDuration {
    /// It does not read as one.
    #[error("expected a length of time like 100ms, 5s, 3m or 1m30s")]
    Unreadable,
    /// It has no unit.
    #[error("a length of time needs a unit: ms, s, m or h")]
    NoUnit,
    /// It is longer than a week.
    #[error("a length of time is at most a week")]
    TooLong,
}

/// Reads a length of time: numbers with a unit (`ms`, `s`, `m`, `h`) each, from the largest to the smallest.
///
/// # Errors
/// Why it is none.
pub fn parse_duration(text: &str) -> Result<Duration, UnknownDuration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    let mut last_unit = Duration::MAX;
    if rest.is_empty() {
        return Err(UnknownDuration::Unreadable);
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let number: f64 = number.parse().map_err(|_| UnknownDuration::Unreadable)?;
        let unit = match unit {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_secs(60),
            "h" => Duration::from_secs(3600),
            "" if rest == text && tail.is_empty() => return Err(UnknownDuration::NoUnit),
            _ => return Err(UnknownDuration::Unreadable),
        };
        if unit >= last_unit {
            return Err(UnknownDuration::Unreadable);
        }
        let part = Duration::try_from_secs_f64(unit.as_secs_f64() * number).unwrap_or(Duration::MAX);
        total = total.saturating_add(part);
        (rest, last_unit) = (tail, unit);
    }
    if total > LONGEST { Err(UnknownDuration::TooLong) } else { Ok(total) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        for (text, millis) in [
            ("100ms", 100),
            ("5s", 5_000),
            ("1.5s", 1_500),
            ("3m", 180_000),
            ("1m30s", 90_000),
            ("1h1ms", 3_600_001),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_none_says_why() {
        for text in ["", "s", "5 s", "5x", "30s1m", "1s1s", "-5s", "1..2s", "5S", "5é"] {
            assert_eq!(parse_duration(text), Err(UnknownDuration::Unreadable), "{text}");
        }
        assert_eq!(parse_duration("5"), Err(UnknownDuration::NoUnit));
        assert_eq!(parse_duration("99999999999999999999h"), Err(UnknownDuration::TooLong));
    }
}
