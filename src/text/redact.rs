//! Secrets, kept out of whatever is written.

use super::SecretFinder;
use std::borrow::Cow;

/// Replaces secrets by `***`: those it was given and keys that are known by their shape, in all the forms that
/// [`SecretFinder`] finds.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    finder: SecretFinder,
}

impl Redactor {
    /// What stands in place of a secret.
    pub const MASK: &'static str = "***";

    /// Hides `values`, and each line of a value that has several (a PEM key).
    pub fn new<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Self {
        Self { finder: SecretFinder::new(values.into_iter().map(|value| (Self::MASK, value))) }
    }

    /// Leaves `keys` alone that only their shape gives away: made-up ones, in tests.
    #[must_use]
    pub fn allowing(self, keys: impl IntoIterator<Item = String>) -> Self {
        Self { finder: self.finder.allowing(keys) }
    }

    /// `text` without the secrets.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.redact_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // What is found and what replaces it are whole characters, so nothing is lost here.
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// `bytes` without the secrets.
    pub(super) fn redact_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let found = self.finder.find(bytes);
        if found.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut out = Vec::with_capacity(bytes.len());
        let mut done = 0;
        for secret in found {
            out.extend_from_slice(&bytes[done..secret.range.start]);
            out.extend_from_slice(Self::MASK.as_bytes());
            done = secret.range.end;
        }
        out.extend_from_slice(&bytes[done..]);
        Cow::Owned(out)
    }

    /// How much of `lines` can go out: all of them, but for a key of several lines that has not ended yet.
    pub(super) fn whole_lines(&self, lines: &[u8]) -> usize {
        const KEY: &[u8] = b"PRIVATE KEY-----";
        if memchr::memmem::rfind(lines, KEY).is_none() {
            return lines.len();
        }
        let Some(last) = self.finder.find(lines).pop().map(|last| last.range) else { return lines.len() };
        let key = &lines[last.clone()];
        let ended = !key.starts_with(b"-----BEGIN ") || memchr::memmem::find(key, b"-----END ").is_some();
        // The last line may be short, and what it is shows only when the end follows.
        let mut rest = lines[last.end..].trim_ascii().iter();
        let goes_on = rest.all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
        if goes_on && !ended { last.start } else { lines.len() }
    }

    /// Where to cut a text whose continuation is not known yet: before it, no secret begins that could go on after the
    /// end of the text. 0 if that is nowhere.
    pub(super) fn safe_cut(&self, bytes: &[u8]) -> usize {
        let cut = bytes.len().saturating_sub(self.finder.longest());
        let straddling = self.finder.find(bytes).into_iter().map(|found| found.range);
        straddling.take_while(|range| range.start < cut).map(|range| range.end).fold(cut, usize::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

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
    fn a_secret_is_found_however_often_it_is_escaped() {
        let redactor = Redactor::new([KEY]);
        let mut text = KEY.replace('ö', "\\u00f6").replace('/', "\\/");
        for times in 0..8 {
            text = serde_json::Value::from(text).to_string();
            let redacted = redactor.redact(&text);
            assert!(redacted.trim_matches(['"', '\\']) == "***", "{times}: {text} → {redacted}");
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
    }

    #[test]
    fn each_line_of_a_long_secret_is_one() {
        let redactor = Redactor::new(["-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----\n"]);
        assert_eq!(redactor.redact("x MIIEvQIBADAN y"), "x *** y");
    }
}
