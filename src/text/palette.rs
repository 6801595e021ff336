//! The few colours that are used, and the switch that turns them all off.

use anstyle::{AnsiColor, Style};
use std::fmt::Display;

/// The colours of everything shown. Sixteen-colour ANSI only: the user's terminal theme decides what they look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Palette {
    color: bool,
}

impl Palette {
    /// Something went well.
    pub const GOOD: Style = AnsiColor::Green.on_default().bold();
    /// Something failed.
    pub const BAD: Style = AnsiColor::Red.on_default().bold();
    /// Something should be looked at.
    pub const ODD: Style = AnsiColor::Yellow.on_default().bold();
    /// Something was left out.
    pub const DIM: Style = AnsiColor::BrightBlack.on_default();
    /// A heading.
    pub const HEAD: Style = Style::new().bold();

    /// With `color` false, [`Palette::paint`] returns its text as it is.
    pub fn new(color: bool) -> Self {
        Self { color }
    }

    /// Whether colours are used.
    pub fn color(self) -> bool {
        self.color
    }

    /// `text` in `style`.
    pub fn paint(self, style: Style, text: impl Display) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_string() }
    }
}
