//! How long something took.

use std::time::Duration;

/// `0.012s`, `59.900s`, from a minute on `1m 05s`, from an hour on `1h 02m 05s`.
///
/// Milliseconds below a minute, because that is where cases differ; none above, because nobody reads them there.
pub fn seconds(duration: Duration) -> String {
    let millis = (duration + Duration::from_micros(500)).as_millis();
    if millis < 60_000 {
        return format!("{}.{:03}s", millis / 1000, millis % 1000);
    }
    let whole = millis / 1000;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    match hours {
        0 => format!("{minutes}m {seconds:02}s"),
        _ => format!("{hours}h {minutes:02}m {seconds:02}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_carries_into_the_next_unit() {
        for (millis, text) in [
            (0, "0.000s"),
            (12, "0.012s"),
            (59_999, "59.999s"),
            (60_000, "1m 00s"),
            (65_400, "1m 05s"),
            (3_725_000, "1h 02m 05s"),
        ] {
            assert_eq!(seconds(Duration::from_millis(millis)), text);
        }
        assert_eq!(seconds(Duration::from_micros(59_999_700)), "1m 00s");
    }
}
