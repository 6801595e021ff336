//! Spans of durations as suites write them: `200ms`, `5s`, `1.5s`, `3m`, `2h`.

use crate::source::{Diagnostic, Kind, Node};
use std::time::Duration;

/// The duration a scalar says; a bare number is seconds.
pub(super) fn duration(node: &Node) -> Result<Duration, Diagnostic> {
    let parsed = match &node.kind {
        Kind::Number(number) => number.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        Kind::String(text) => parse(text),
        _ => None,
    };
    parsed.ok_or_else(|| {
        let written = node.as_str().map_or_else(|| node.kind_name().to_owned(), |text| format!("`{text}`"));
        node.diagnostic(format!("{written} is no duration")).hint("write 200ms, 5s, 1.5s, 3m or 1h")
    })
}

fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let factor = match text[unit..].trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let number = text[..unit].trim_end();
    let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    Duration::try_from_secs_f64(plain.then(|| number.parse::<f64>().ok())?? * factor).ok()
}

/// `7.2 s`, `85 ms`.
pub(super) fn shown(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.0} ms", seconds * 1000.0) } else { format!("{seconds:.1} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown() {
        for (text, expected) in
            [("200ms", 200), ("5s", 5000), ("1.5 s", 1500), ("3m", 180_000), ("1h", 3_600_000)]
        {
            assert_eq!(parse(text), Some(Duration::from_millis(expected)), "{text}");
        }
        for text in ["5", "s", "-1s", "5 days", "1e9s", ""] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!((shown(0.0851).as_str(), shown(7.24).as_str()), ("85 ms", "7.2 s"));
    }
}
