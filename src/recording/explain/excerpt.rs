//! Values in little room.

use serde_json::Value;

/// How many characters of a value are shown.
const VALUE: usize = 56;
/// How many characters before the first difference of two texts are shown.
const BEFORE: usize = 16;

/// `text` on one line, with at most `most` characters and an ellipsis.
pub(super) fn shortened(text: &str, most: usize) -> String {
    // White space may be anything but endless: enough of the text is looked at to fill the line.
    let mut line = String::new();
    for (n, word) in text.split_whitespace().enumerate() {
        if n > 0 {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 4 * most {
            break;
        }
    }
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most).chain(['…']).collect()
}

/// A value as JSON, shortened.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().nth(VALUE).is_some() => {
            let start: String = text.chars().take(VALUE).collect();
            format!("{}…", Value::from(start))
        }
        value => shortened(&value.to_string(), VALUE),
    }
}

/// Two texts that differ, as JSON, and for long ones the character (from 1) at which they begin to differ; they are shown
/// from a little before there.
pub(super) fn differing(recorded: &str, now: &str) -> (String, String, Option<usize>) {
    let short = |text: &str| text.chars().nth(VALUE).is_none();
    if short(recorded) && short(now) {
        return (Value::from(recorded).to_string(), Value::from(now).to_string(), None);
    }
    let common = recorded.chars().zip(now.chars()).take_while(|(one, other)| one == other).count();
    let start = if common > BEFORE { word_start(recorded, common) } else { 0 };
    (window(recorded, start), window(now, start), Some(common + 1))
}

/// Where the window for a difference at character `at` begins: at a word, if one begins near.
fn word_start(text: &str, at: usize) -> usize {
    let start = at - BEFORE;
    let before: Vec<char> = text.chars().skip(start).take(BEFORE).collect();
    let space = before[..BEFORE / 2].iter().position(|c| c.is_whitespace());
    start + space.map_or(0, |space| space + 1)
}

fn window(text: &str, start: usize) -> String {
    let mut rest = text.chars().skip(start);
    let seen: String = rest.by_ref().take(VALUE).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if rest.next().is_some() { "…" } else { "" };
    format!("{before}{}{after}", Value::from(seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_shown_from_where_they_differ() {
        let text = |end: &str| format!("{} and so {end} {}", "blah ".repeat(40), "tail ".repeat(40));
        let (one, other, from) = differing(&text("ends"), &text("begins"));
        assert!(one.starts_with("…\"") && one.contains("and so ends") && one.ends_with('…'), "{one}");
        assert!(other.contains("and so begins"), "{other}");
        assert_eq!(from, Some(209));
        assert_eq!(differing("a", "b"), ("\"a\"".into(), "\"b\"".into(), None));
    }

    #[test]
    fn a_text_that_goes_on_is_shown_from_its_end() {
        let long = "é".repeat(100);
        let (one, other, from) = differing(&long, &format!("{long}!"));
        assert_eq!(from, Some(101));
        assert!(one.ends_with("é\"") && other.ends_with("é!\""), "{one} {other}");
    }
}
