//! The answer itself, shown once beside the failures of a step.

use super::observed::Observed;
use super::show;
use serde_json::Value;
use std::fmt::Write as _;

/// Characters of the body that are shown.
const SHOWN: usize = 1000;

/// The status line, and the start of the body; JSON is laid out.
pub(super) fn excerpt(observed: &Observed) -> String {
    let status = http::StatusCode::from_u16(observed.status).ok();
    let reason = status.and_then(|status| status.canonical_reason()).unwrap_or_default();
    let content_type = observed.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let mut text = format!("the answer was {} {reason}", observed.status).trim_end().to_owned();
    if let Some((_, content_type)) = content_type {
        let _ = write!(text, ", {}", printable(content_type));
    }
    let _ = write!(text, ", {}", show::count(observed.body.len(), "byte"));
    match std::str::from_utf8(&observed.body) {
        Ok("") => {}
        Ok(body) => {
            let _ = write!(text, "\n{}", show::shorten(&printable(&laid_out(body)), SHOWN));
        }
        Err(_) => text.push_str(" that are no text"),
    }
    text
}

fn laid_out(body: &str) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(value) => format!("{value:#}"),
        Err(_) => body.to_owned(),
    }
}

/// Without what a terminal would act on: a server's answer must not move the cursor of whoever reads about it.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(4 * SHOWN));
    for c in text.chars().take(2 * SHOWN) {
        match c {
            '\n' | '\t' => out.push(c),
            '\r' => {}
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Ending, Telemetry};
    use std::time::Duration;

    fn of(body: &[u8]) -> String {
        excerpt(&Observed {
            status: 404,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_vec().into(),
            chunks: Vec::new(),
            duration: Duration::ZERO,
            ending: Ending::Complete,
            telemetry: Telemetry::default(),
        })
    }

    #[test]
    fn the_body_is_laid_out_cut_and_harmless() {
        assert_eq!(
            of(b"{\"a\":1}"),
            "the answer was 404 Not Found, application/json, 7 bytes\n{\n  \"a\": 1\n}"
        );
        assert_eq!(of(b"\x1b[2Jx"), "the answer was 404 Not Found, application/json, 5 bytes\n\\u{1b}[2Jx");
        assert!(of(&[0xff, 0]).ends_with("2 bytes that are no text"));
        assert!(of("ü".repeat(5000).as_bytes()).chars().count() < 1200);
    }
}
