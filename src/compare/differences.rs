//! Two stacks and one case.

use super::Answer;
use crate::model::{Aspect, Outcome, StackDifference};

/// Paths told of one step.
const MOST_PATHS: usize = 20;
/// Characters shown of each side.
const SHOWN: usize = 80;
/// Characters shown before the first that differs.
const LEAD: usize = 20;
/// Events shown around the first that differs.
const EVENTS_SHOWN: usize = 4;

/// What a case met with at a stack.
#[derive(Debug, Clone)]
pub struct Met {
    /// How it ended.
    pub outcome: Outcome,
    /// The answers it got, in their order.
    pub answers: Vec<Answer>,
}

/// What `other` met with that `baseline` did not, the most important first. `hide` takes secrets out of a text: what is shown is cut
/// short, and half a secret would no longer be known for one.
pub fn differences(baseline: &Met, other: &Met, hide: &dyn Fn(&str) -> String) -> Vec<StackDifference> {
    let mut found = Vec::new();
    if baseline.outcome.status() != other.outcome.status() {
        let [one, two] = [baseline, other].map(|met| outcome(&met.outcome, hide));
        found.push(whole(Aspect::Outcome, one, two));
    }
    // A case that was not run at one of the two has no answers to compare.
    if [baseline, other]
        .iter()
        .any(|met| matches!(met.outcome, Outcome::Skipped { .. }) && met.answers.is_empty())
    {
        return found;
    }
    let mut unmet: Vec<&Answer> = other.answers.iter().collect();
    let (mut missing, mut pairs) = (Vec::new(), Vec::new());
    for (n, answer) in baseline.answers.iter().enumerate() {
        match unmet.iter().position(|candidate| candidate.place == answer.place) {
            Some(at) => pairs.push((n + 1, answer, unmet.remove(at))),
            None => missing.push(answer),
        }
    }
    if !missing.is_empty() || !unmet.is_empty() {
        found.push(whole(Aspect::Steps, only(&missing), only(&unmet)));
    }
    for (number, one, two) in pairs {
        answers(&format!("{number} {}", one.asked), (one, two), hide, &mut found);
    }
    found.sort_by_key(|difference| difference.aspect);
    found
}

fn whole(aspect: Aspect, baseline: String, other: String) -> StackDifference {
    StackDifference { aspect, step: None, at: None, baseline, other }
}

fn outcome(outcome: &Outcome, hide: &dyn Fn(&str) -> String) -> String {
    match outcome.reason() {
        Some(reason) => format!("{} ({})", outcome.status().name(), cut(&hide(reason), SHOWN)),
        None => outcome.status().name().to_owned(),
    }
}

fn only(answers: &[&Answer]) -> String {
    match answers {
        [] => "nothing further".to_owned(),
        [one] => format!("also {}", cut(&one.asked, SHOWN)),
        [one, rest @ ..] => format!("also {} and {} more", cut(&one.asked, SHOWN), rest.len()),
    }
}

fn answers(
    step: &str,
    (one, two): (&Answer, &Answer),
    hide: &dyn Fn(&str) -> String,
    found: &mut Vec<StackDifference>,
) {
    let mut add = |aspect, at, [baseline, other]: [String; 2]| {
        found.push(StackDifference { aspect, step: Some(step.to_owned()), at, baseline, other });
    };
    if one.status != two.status {
        add(Aspect::Status, None, [one, two].map(|answer| answer.status.to_string()));
    }
    // Of an error and a success nobody expects the same.
    if (one.status < 400) != (two.status < 400) {
        return;
    }
    let changes = one.shape.changes(&two.shape);
    let has_changes = !changes.is_empty();
    let left_out = changes.len().saturating_sub(MOST_PATHS);
    for change in changes.into_iter().take(MOST_PATHS) {
        add(Aspect::Shape, Some(hide(&change.at)), change.types);
    }
    if left_out > 0 {
        add(Aspect::Shape, Some(format!("and {left_out} more")), [String::new(), String::new()]);
    }
    if let (Some(events), Some(others)) = (&one.events, &two.events)
        && events != others
    {
        let at = events.iter().zip(others).take_while(|(one, two)| one == two).count();
        add(
            Aspect::Events,
            Some(format!("event kind {}", at + 1)),
            [events, others].map(|kinds| hide(&shown_from(kinds, at))),
        );
    }
    // Of different kinds of bodies nobody expects the same words, and a body of another shape is another text anyway.
    let is_told = has_changes && one.said.is_body && two.said.is_body;
    if one.said != two.said && !is_told && one.events.is_some() == two.events.is_some() {
        add(Aspect::Text, None, texts([one, two].map(|answer| hide(&answer.said.beginning))));
    }
}

fn shown_from(kinds: &[String], at: usize) -> String {
    let rest = &kinds[at.min(kinds.len())..];
    if rest.is_empty() {
        return "the end".to_owned();
    }
    let more = if rest.len() > EVENTS_SHOWN { ", …" } else { "" };
    format!("{}{more}", rest[..rest.len().min(EVENTS_SHOWN)].join(", "))
}

/// Both from a little before the first character that differs.
fn texts(both: [String; 2]) -> [String; 2] {
    let same = both[0].chars().zip(both[1].chars()).take_while(|(one, two)| one == two).count();
    both.map(|text| {
        let skipped = same.saturating_sub(LEAD);
        let rest: String = text.chars().skip(skipped).collect();
        let lead = if skipped > 0 { "…" } else { "" };
        format!("{lead}{}", cut(&rest, SHOWN))
    })
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Ending, Observed, Telemetry};
    use std::time::Duration;

    fn met(outcome: Outcome, answers: &[(&str, u16, &str, &str)]) -> Met {
        let answer = |(place, status, content_type, body): &(&str, u16, &str, &str)| {
            let observed = Observed {
                status: *status,
                headers: vec![("content-type".into(), (*content_type).into())],
                body: bytes::Bytes::copy_from_slice(body.as_bytes()),
                chunks: Vec::new(),
                duration: Duration::ZERO,
                ending: Ending::Complete,
                telemetry: Telemetry::default(),
            };
            Answer::new(format!("GET /{place}"), (*place).to_owned(), &observed)
        };
        Met { outcome, answers: answers.iter().map(answer).collect() }
    }

    fn told(one: &Met, other: &Met) -> Vec<String> {
        let told = |it: StackDifference| {
            format!("{} {:?} {:?}: {} | {}", it.aspect.name(), it.step, it.at, it.baseline, it.other)
        };
        differences(one, other, &str::to_owned).into_iter().map(told).collect()
    }

    const JSON: &str = "application/json";

    #[test]
    fn the_same_with_other_ids_is_no_difference() {
        let one = met(Outcome::Passed, &[("a", 200, JSON, r#"{"id":"file-0123456789ab","n":1}"#)]);
        let other = met(Outcome::Passed, &[("a", 200, JSON, r#"{"n":1,"id":"file-ba9876543210"}"#)]);
        assert_eq!(told(&one, &other), Vec::<String>::new());
    }

    #[test]
    fn the_most_important_comes_first() {
        let one = met(Outcome::Passed, &[("a", 200, JSON, r#"{"text":"one"}"#), ("b", 200, JSON, "{}")]);
        let other = met(Outcome::Failed, &[("a", 201, JSON, r#"{"text":2}"#)]);
        assert_eq!(
            told(&one, &other),
            [
                "outcome None None: passed | failed",
                "steps None None: also GET /b | nothing further",
                "status Some(\"1 GET /a\") None: 200 | 201",
                "shape Some(\"1 GET /a\") Some(\"$.text\"): string | number",
            ]
        );
    }

    #[test]
    fn an_error_in_place_of_an_answer_is_told_by_its_status_alone() {
        let one = met(Outcome::Failed, &[("a", 200, JSON, r#"{"data":[]}"#)]);
        let other = met(Outcome::Failed, &[("a", 404, JSON, r#"{"error":{}}"#)]);
        assert_eq!(told(&one, &other), ["status Some(\"1 GET /a\") None: 200 | 404"]);
    }

    #[test]
    fn a_case_that_was_skipped_is_told_once() {
        let skipped = Outcome::Skipped { reason: "no files".into() };
        let found = told(&met(Outcome::Passed, &[("a", 200, JSON, "{}")]), &met(skipped, &[]));
        assert_eq!(found, ["outcome None None: passed | skipped (no files)"]);
    }

    #[test]
    fn streams_are_told_apart_by_their_kinds_and_their_text() {
        let stream = |words: &str, end: &str| {
            format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{words}\"}}}}]}}\n\n{end}")
        };
        let (one, two) = (stream("Saturn has rings", "data: [DONE]\n\n"), stream("Saturn has moons", ""));
        let sse = "text/event-stream";
        let found = told(
            &met(Outcome::Passed, &[("a", 200, sse, &one)]),
            &met(Outcome::Passed, &[("a", 200, sse, &two)]),
        );
        assert_eq!(
            found,
            [
                "events Some(\"1 GET /a\") Some(\"event kind 2\"): [DONE] | the end",
                "text Some(\"1 GET /a\") None: Saturn has rings | Saturn has moons",
            ]
        );
    }
}
