//! Spans of durations as suites write them: `200ms`, `5s`, `1.5s`, `3m`, `2h`.

use crate::source::{Diagnostic, Kind, Node, parse_duration};
use std::time::Duration;

/// The duration a scalar says; a bare number is seconds.
pub(super) fn duration(node: &Node) -> Result<Duration, Diagnostic> {
    match &node.kind {
        Kind::Number(number) => {
            let seconds = number.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            seconds.ok_or_else(|| node.diagnostic("this is no length of time"))
        }
        Kind::String(text) => parse_duration(text).map_err(|error| node.diagnostic(error.to_string())),
        _ => Err(node.diagnostic(format!("a length of time belongs here, not {}", node.kind_name()))),
    }
}

/// `7.2 s`, `85 ms`.
pub(super) fn shown(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.0} ms", seconds * 1000.0) } else { format!("{seconds:.1} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown() {
        assert_eq!((shown(0.0851).as_str(), shown(7.24).as_str()), ("85 ms", "7.2 s"));
    }
}
