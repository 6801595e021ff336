//! How a secret looks where it is met: plain, escaped, encoded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::fmt::Write as _;

/// `\\\\\\\u002f` for a byte that was `/`, with as many backslashes as JSON within JSON needs four times: 15, and five characters.
/// Longer ones are found, but where a text comes in pieces.
pub(super) const LONGEST_ESCAPE: usize = 20;

/// Patterns for the forms of `secret`: one that meets the plain, JSON-escaped, URL-encoded and XML-escaped ones, and one for
/// each position of the secret in a base64 text.
pub(super) fn spellings(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.chars().map(any_spelling).collect()];
    forms.extend((0..3).map(|offset| base64_form(secret.as_bytes(), offset)));
    forms
}

/// Letters of which each form of `secret` has at least one as they are; `None` if there is a form without any.
pub(super) fn letters_within(secret: &str) -> Option<Vec<String>> {
    let plain = longest_run(secret);
    let bases = (0..3).map(|offset| {
        let (encoded, first, last) = encoded(secret.as_bytes(), offset);
        longest_run(&encoded[first..last])
    });
    let all: Vec<String> = std::iter::once(plain).chain(bases).collect();
    all.iter().all(|run| run.len() >= TELLING).then_some(all)
}

/// Fewer letters than this are met everywhere.
const TELLING: usize = 3;

fn longest_run(text: &str) -> String {
    let runs = text.split(|c: char| !c.is_ascii_alphanumeric());
    runs.max_by_key(|run| run.len()).unwrap_or_default().to_owned()
}

fn any_spelling(c: char) -> String {
    if c.is_ascii_alphanumeric() {
        return c.to_string();
    }
    let mut percent = String::new();
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        let _ = write!(percent, "%(?i:{byte:02x})");
    }
    // A JSON text within a JSON text within another escapes its escapes, however often.
    let mut unicode = String::new();
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(unicode, r"\\+u(?i:{unit:04x})");
    }
    let plain = regex::escape(c.encode_utf8(&mut [0; 4]));
    let short = match c {
        '"' => r#"|\\*(?:"|&quot;)"#,
        '\\' => r"|\\{2,}",
        '/' => r"|\\+/",
        '&' => r"|&amp;",
        '<' => r"|&lt;",
        '>' => r"|&gt;",
        '\'' => r"|&apos;",
        '\t' => r"|\\+t",
        ' ' => r"|\+",
        _ => "",
    };
    // The longer spellings first, or `&` would match the beginning of `&amp;`, and the rest would not.
    format!("(?:{percent}|{unicode}{short}|&#{};|{plain})", u32::from(c))
}

/// The characters of a base64 text that the secret alone determines, when `offset` bytes (modulo 3) come before it.
fn base64_form(secret: &[u8], offset: usize) -> String {
    let (encoded, first, last) = encoded(secret, offset);
    let mut form = String::new();
    for c in encoded[first..last].chars() {
        match c {
            '+' => form.push_str("(?:[+-]|%(?i:2b))"),
            '/' => form.push_str("(?:[/_]|\\\\+/|%(?i:2f))"),
            c => form.push(c),
        }
    }
    form
}

/// The secret in base64 with `offset` bytes before it, and from where to where it alone determines the characters.
fn encoded(secret: &[u8], offset: usize) -> (String, usize, usize) {
    let mut padded = vec![0; offset];
    padded.extend_from_slice(secret);
    let (first, last) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
    (STANDARD_NO_PAD.encode(&padded), first, last)
}
