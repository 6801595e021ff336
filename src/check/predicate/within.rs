//! `within`

use super::{Context, Predicate, Rule};
use crate::check::found::Found;
use crate::check::span;
use crate::check::unmet::{Judged, Unmet};
use std::time::Duration;

pub(super) static RULE: Rule = Rule {
    name: "within",
    summary: "took no longer than this (200ms, 5s, 3m); of a JSON number, seconds",
    example: "{ within: 5s }",
    compile: |entry, _| match span::duration(&entry.value) {
        Ok(longest) => Ok(Box::new(Within { longest })),
        Err(mistake) => Err(vec![mistake]),
    },
};

#[derive(Debug)]
struct Within {
    longest: Duration,
}

impl Predicate for Within {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let actual = found.one()?;
        let Some(seconds) = actual.as_f64() else {
            return Err(Unmet::wrong_kind("a number of seconds", actual));
        };
        if seconds <= self.longest.as_secs_f64() {
            return Ok(());
        }
        let expected = format!("at most {}", span::shown(self.longest.as_secs_f64()));
        Err(Unmet::should(self.phrase(context)).expected(expected).actual(span::shown(seconds)).alone())
    }

    fn phrase(&self, _context: &Context<'_>) -> String {
        format!("be within {}", span::shown(self.longest.as_secs_f64()))
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, mistakes};
    use serde_json::json;

    #[test]
    fn durations_are_bounded() {
        holds("{ within: 5s }", &json!(5));
        let unmet = fails("{ within: 500ms }", &json!(7.25), "should be within 500 ms");
        assert_eq!(unmet.actual.as_deref(), Some("7.2 s"));
        fails("{ within: 5s }", &json!("soon"), "should be a number of seconds");
        assert!(mistakes("{ within: soon }")[0].what.contains("expected a length of time"));
    }
}
