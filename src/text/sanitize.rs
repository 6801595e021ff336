//! Text of others on our terminal.
//!
//! Ids, bodies, reasons and log tails are written by servers and by authors of suites. Printed as they are, they could
//! move the cursor, retitle the window, fake a verdict, or (on a CI that reads commands from the log) give orders.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Makes every character visible that a terminal or XML would act upon or refuse. Line feeds stay, a tab becomes four
/// spaces, CRLF becomes LF; a line that a CI would take for a command (`::error::…`, `##[…]`) is broken by a space.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\n' && is_unsafe(c)) && !has_command(text) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            clean.push('\n');
        }
        let visible = visible(line.strip_suffix('\r').unwrap_or(line));
        let trimmed = visible.trim_start();
        if let Some(command) = trimmed.strip_prefix("::") {
            clean.push_str(&visible[..visible.len() - trimmed.len()]);
            clean.push_str(": :");
            clean.push_str(&command.replace("##[", "# #["));
        } else {
            clean.push_str(&visible.replace("##[", "# #["));
        }
    }
    Cow::Owned(clean)
}

/// [`sanitize`], on one line: line breaks become spaces.
pub fn one_line(text: &str) -> Cow<'_, str> {
    match sanitize(text) {
        clean if !clean.contains('\n') => clean,
        clean => Cow::Owned(clean.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()),
    }
}

fn has_command(text: &str) -> bool {
    text.contains("##[")
        || text.contains("::") && text.lines().any(|line| line.trim_start().starts_with("::"))
}

fn visible(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => clean.push_str("    "),
            // The "control pictures" block holds a picture for each of them, in the same order.
            '\0'..='\x1f' => clean.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
            '\x7f' => clean.push('\u{2421}'),
            c if is_unsafe(c) => {
                // Writing to a String cannot fail.
                let _ = write!(clean, "\\u{{{:04x}}}", c as u32);
            }
            c => clean.push(c),
        }
    }
    clean
}

/// Controls (C0, DEL, C1), what reorders text (the bidirectional controls), breaks lines unseen, or is not XML.
fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_acts_upon_is_left() {
        let evil = "\x1b]0;title\x07\x1b[2J\u{9b}31m a\tb\r\nc\x7f \u{202e}drow";
        let clean = sanitize(evil);
        assert!(!clean.chars().any(|c| c.is_control() && c != '\n'), "{clean:?}");
        assert_eq!(clean, "␛]0;title␇␛[2J\\u{009b}31m a    b\nc␡ \\u{202e}drow");
    }

    #[test]
    fn a_log_line_gives_no_orders_to_a_ci() {
        assert_eq!(sanitize("ok\n  ::stop-commands::x"), "ok\n  : :stop-commands::x");
        assert_eq!(sanitize("see ##[error]x"), "see # #[error]x");
        assert!(matches!(sanitize("inference/chat::plain — größe\n中文"), Cow::Borrowed(_)));
    }

    #[test]
    fn one_line_is_one_line() {
        assert_eq!(one_line("a\n  b\r\nc\n"), "a b c");
    }
}
