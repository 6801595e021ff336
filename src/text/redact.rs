//! Secrets, kept out of whatever is written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use regex::bytes::Regex;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Replaces secret values by `***`, in each form in which they tend to appear: plain, JSON-escaped, URL-encoded,
/// escaped for XML or Markdown, base64
/// (also inside a longer base64 text, such as basic authentication).
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    /// `None` where there is nothing to hide.
    pattern: Option<Regex>,
    /// No match is longer, in bytes.
    longest: usize,
}

impl Redactor {
    /// What stands in place of a secret.
    pub const MASK: &'static str = "***";
    /// Values shorter than this many bytes are not hidden: they would hit ordinary words, and so tell more than they hide.
    pub const MIN_BYTES: usize = 6;

    /// Hides `values`, and each line of a value that has several (a PEM key).
    pub fn new<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Self {
        let mut secrets = BTreeSet::new();
        for value in values {
            let lines = value.as_ref().lines().map(str::trim);
            secrets.extend(lines.filter(|line| line.len() >= Self::MIN_BYTES).map(str::to_owned));
        }
        let mut forms: Vec<String> = secrets.iter().flat_map(|secret| all_forms(secret)).collect();
        // The first alternative wins: of two secrets of which one begins with the other, the longer must.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        let longest = secrets.iter().map(|secret| secret.len() * LONGEST_ESCAPE).max().unwrap_or(0);
        let pattern = (!forms.is_empty()).then(|| compile(&forms));
        Self { pattern, longest }
    }

    /// `text` without the secrets.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(pattern) = &self.pattern else { return Cow::Borrowed(text) };
        match pattern.replace_all(text.as_bytes(), Self::MASK.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // What is matched and what replaces it are whole characters, so nothing is lost here.
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.pattern.is_none()
    }

    /// `bytes` without the secrets.
    pub(super) fn redact_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match &self.pattern {
            Some(pattern) => pattern.replace_all(bytes, Self::MASK.as_bytes()),
            None => Cow::Borrowed(bytes),
        }
    }

    /// Where to cut a text whose continuation is not known yet: before it, no secret begins that could go on after the
    /// end of the text. 0 if that is nowhere.
    pub(super) fn safe_cut(&self, bytes: &[u8]) -> usize {
        let cut = bytes.len().saturating_sub(self.longest);
        let straddling = self.pattern.iter().flat_map(|pattern| pattern.find_iter(bytes));
        straddling.take_while(|hit| hit.start() < cut).map(|hit| hit.end()).fold(cut, usize::max)
    }
}

/// `\\\\\\\u002f` for a byte that was `/`: seven backslashes and five characters.
const LONGEST_ESCAPE: usize = 13;

fn compile(forms: &[String]) -> Regex {
    // Keys are a few dozen bytes and few; the limit is for whole certificates among them.
    regex::bytes::RegexBuilder::new(&forms.join("|"))
        .size_limit(256 * 1024 * 1024)
        .build()
        .expect("every character of a secret is escaped, and secrets are far smaller than the limit")
}

/// One pattern that meets the plain, JSON-escaped and URL-encoded forms, and one for each position of the secret in a
/// base64 text.
fn all_forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.chars().map(any_spelling).collect()];
    forms.extend((0..3).map(|offset| base64_form(secret.as_bytes(), offset)));
    forms
}

fn any_spelling(c: char) -> String {
    if c.is_ascii_alphanumeric() {
        return c.to_string();
    }
    let mut percent = String::new();
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        let _ = write!(percent, "%(?i:{byte:02x})");
    }
    // A JSON text within a JSON text within another escapes its escapes.
    let mut unicode = String::new();
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(unicode, r"\\{{1,7}}u(?i:{unit:04x})");
    }
    let plain = regex::escape(c.encode_utf8(&mut [0; 4]));
    let short = match c {
        '"' => r#"|\\{0,7}(?:"|&quot;)"#,
        '\\' => r"|\\{2,8}",
        '/' => r"|\\{1,7}/",
        '&' => r"|&amp;",
        '<' => r"|&lt;",
        '>' => r"|&gt;",
        '\'' => r"|&apos;",
        '\t' => r"|\\{1,7}t",
        ' ' => r"|\+",
        _ => "",
    };
    // The longer spellings first, or `&` would match the beginning of `&amp;`, and the rest would not.
    format!("(?:{percent}|{unicode}{short}|&#{};|{plain})", u32::from(c))
}

/// The characters of a base64 text that the secret alone determines, when `offset` bytes (modulo 3) come before it.
fn base64_form(secret: &[u8], offset: usize) -> String {
    let mut padded = vec![0; offset];
    padded.extend_from_slice(secret);
    let encoded = STANDARD_NO_PAD.encode(&padded);
    let first = (offset * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    let mut form = String::new();
    for c in encoded[first..last].chars() {
        match c {
            '+' => form.push_str("(?:[+-]|%(?i:2b))"),
            '/' => form.push_str("(?:[/_]|\\\\/|%(?i:2f))"),
            c => form.push(c),
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-pröj/a+b=\"c\\d&e<f";

    #[test]
    fn every_spelling_of_a_secret_is_found() {
        let redactor = Redactor::new([KEY]);
        let json = serde_json::to_string(KEY).unwrap();
        let url = percent_encoding::utf8_percent_encode(KEY, percent_encoding::NON_ALPHANUMERIC).to_string();
        let mut texts = vec![KEY.to_owned(), json.clone(), json.replace('/', "\\/"), url.to_lowercase(), url];
        texts.push(json.replace('ö', "\\u00f6"));
        texts.push(serde_json::to_string(&serde_json::to_string(&json).unwrap()).unwrap());
        texts.push(KEY.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"));
        texts.push(KEY.replace('&', "&#38;").replace('<', "&#60;"));
        for text in texts {
            let redacted = redactor.redact(&text);
            assert!(redacted.trim_matches(['"', '\\']) == "***", "{text} → {redacted}");
        }
    }

    #[test]
    fn a_secret_within_base64_is_found_at_any_offset() {
        let redactor = Redactor::new([KEY]);
        for before in ["", "u", "us", "user:"] {
            for engine in
                [base64::engine::general_purpose::STANDARD, base64::engine::general_purpose::URL_SAFE]
            {
                let encoded = engine.encode(format!("{before}{KEY} and more"));
                let redacted = redactor.redact(&encoded);
                assert!(redacted.contains("***"), "{before}: {redacted}");
                assert!(redacted.len() < encoded.len() - KEY.len(), "{before}: {redacted}");
            }
        }
    }

    #[test]
    fn of_two_secrets_the_longer_wins_and_short_ones_are_left_alone() {
        let redactor = Redactor::new(["sk-12345", "sk-12345-long", "abc", ""]);
        assert_eq!(redactor.redact("sk-12345-long, sk-12345, abc"), "***, ***, abc");
        assert!(Redactor::new(["", "abc"]).is_empty());
    }

    #[test]
    fn each_line_of_a_long_secret_is_one() {
        let redactor = Redactor::new(["-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----\n"]);
        assert_eq!(redactor.redact("x MIIEvQIBADAN y"), "x *** y");
    }
}
