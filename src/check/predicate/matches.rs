//! `matches`

use super::{Context, Predicate, Rule};
use crate::check::compile::{Mistakes, constant_text};
use crate::check::found::Found;
use crate::check::show;
use crate::check::template::{Reference, TextTemplate};
use crate::check::unmet::{Judged, Unmet};
use crate::source::Entry;
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;

/// Most memory a compiled expression may take, in bytes; a suite may come from a stranger.
const SIZE_LIMIT: usize = 1 << 20;

pub(super) static RULE: Rule = Rule {
    name: "matches",
    summary: "a string has a part that matches a regular expression (anchor it with ^ and $); what templates fill in is taken literally",
    example: "{ matches: '^chatcmpl-[0-9a-z]+$' }",
    compile: |entry, _| compile(entry),
};

fn compile(entry: &Entry) -> Result<Box<dyn Predicate>, Mistakes> {
    constant_text(entry, "a regular expression")?;
    let template = TextTemplate::compile(&entry.value)?;
    let regex = match template.constant() {
        Some(text) => Some(regex(text).map_err(|why| vec![entry.value.diagnostic(why)])?),
        None => None,
    };
    Ok(Box::new(Matches { template, regex }))
}

/// Compiles an expression whose memory is bounded; it takes linear time to match.
pub(in crate::check) fn regex(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).size_limit(SIZE_LIMIT).build().map_err(|error| {
        let words = error.to_string();
        let why = words.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("`{}` is no regular expression: {why}", show::shorten(text, 80))
    })
}

#[derive(Debug)]
struct Matches {
    template: TextTemplate,
    /// Compiled at once where nothing is filled in.
    regex: Option<Regex>,
}

impl Matches {
    fn regex(&self, context: &Context<'_>) -> Result<Cow<'_, Regex>, Vec<Unmet>> {
        if let Some(regex) = &self.regex {
            return Ok(Cow::Borrowed(regex));
        }
        let text = self.template.render_with(context.scope, |text| Cow::Owned(regex::escape(text)));
        regex(&text.map_err(Unmet::unfilled)?)
            .map(Cow::Owned)
            .map_err(|why| Unmet::firm(format!("cannot be judged: {why}")).alone())
    }
}

impl Predicate for Matches {
    fn judge(&self, found: &Found<'_>, context: &Context<'_>) -> Judged {
        let regex = self.regex(context)?;
        let actual = found.one()?;
        let Some(text) = actual.as_str() else { return Err(Unmet::wrong_kind("a string", actual)) };
        if regex.is_match(text) {
            return Ok(());
        }
        Err(Unmet::should(self.phrase(context)).actual(show::json(actual)).alone())
    }

    fn phrase(&self, context: &Context<'_>) -> String {
        let shown = self
            .regex(context)
            .map_or_else(|_| "the expression".into(), |regex| format!("/{}/", regex.as_str()));
        format!("match {}", show::shorten(&shown, 80))
    }

    fn references(&self) -> Vec<Reference> {
        self.template.references()
    }
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{fails, holds, holds_in, mistakes};
    use serde_json::json;

    #[test]
    fn a_part_that_matches_is_enough() {
        holds("{ matches: '[0-9]{2}' }", &json!("a42"));
        fails("{ matches: '^[0-9]+$' }", &json!("a42"), "should match /^[0-9]+$/");
        holds_in(json!({"id": "a.b"}), "{ matches: '^{{ id }}$' }", &json!("a.b"));
        fails("{ matches: x }", &json!(1), "should be a string");
    }

    #[test]
    fn what_is_no_expression_or_too_large_is_refused() {
        assert!(
            mistakes("{ matches: '(' }")[0].what.contains("`(` is no regular expression: unclosed group")
        );
        assert!(mistakes("{ matches: '(a{1000}){1000}' }")[0].what.contains("is no regular expression"));
        assert!(
            mistakes("{ matches: 3 }")[0].what.contains("`matches` takes a regular expression, not a number")
        );
    }
}
