//! Text in too little room.

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` in at most `width` columns, with `…` in place of what does not fit at the end.
pub fn shorten(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut used = 1; // the ellipsis
    let kept = text.chars().take_while(|c| {
        used += c.width().unwrap_or(0);
        used <= width
    });
    let mut short: String = kept.collect();
    if width > 0 {
        short.push('…');
    }
    Cow::Owned(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_and_not_characters() {
        assert_eq!(shorten("streaming", 9), "streaming");
        assert_eq!(shorten("streaming", 5), "stre…");
        assert_eq!(shorten("中文中文", 5), "中文…");
        assert_eq!(shorten("abc", 0), "");
    }
}
