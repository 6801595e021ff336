//! The end of what is too long: of output, the end is what tells.

/// What stands for the part that is left out.
const LEFT_OUT: &str = "… the beginning is left out\n";
/// Words longer than this may be cut in two; in a shorter one, half a secret would be left, which nobody knows for one.
const LONGEST_WORD: usize = 4096;

/// `text`, or at most `most` bytes of its end below a line that says so.
pub fn end_of(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let hard = (text.len() - most..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let rest = &text[hard..];
    let word = rest.find(|c: char| c.is_whitespace() || c == '"').filter(|end| *end < LONGEST_WORD);
    format!("{LEFT_OUT}{}", &rest[word.unwrap_or(0)..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_and_cut_between_words_if_there_are_any() {
        assert_eq!(end_of("one two", 7), "one two");
        assert_eq!(end_of("one sk-secret three", 10), format!("{LEFT_OUT}three"));
        assert_eq!(end_of(&"ä".repeat(5000), 9001), format!("{LEFT_OUT}{}", "ä".repeat(4500)));
    }
}
