//! Parsing, with everything wrong found at once.

use super::form::{FORMS, misspelt};
use super::piece::{Piece, masked};
use super::{Config, StackConfig};
use crate::source::{Diagnostic, SourceFile};

/// Longest string accepted, in bytes.
const MAX_BYTES: usize = 64 * 1024;

impl StackConfig {
    /// Parses `text`; `label` says where it was given, `--stack-config` or the name of an environment variable.
    ///
    /// # Errors
    /// Everything wrong with it, each with the part of the string that is meant and the right spelling where there is
    /// one near. Secrets in the string are masked there.
    pub fn parse(label: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        if text.len() > MAX_BYTES {
            let what = format!("{label} is {} bytes long; at most {MAX_BYTES} are read", text.len());
            return Err(vec![Diagnostic::new(what)]);
        }
        let shown = SourceFile::new(label, masked(text));
        let piece = Piece::whole(text, &shown);
        let mut errors = Vec::new();
        let config = if text_is_sound(piece, &mut errors) { parse_piece(piece, &mut errors) } else { None };
        match config {
            Some(config) if errors.is_empty() => Ok(config),
            _ => {
                errors.sort_by_key(|error| error.origin.as_ref().map(|origin| origin.span.start));
                Err(errors)
            }
        }
    }

    /// The string without its secrets, for logs and reports.
    pub fn shown(&self) -> String {
        masked(&self.to_string())
    }
}

impl Config {
    /// Parses a config without a prefix, as it stands after `server:` or in `stack-test serve <config>`.
    ///
    /// # Errors
    /// As [`StackConfig::parse`].
    pub fn parse(label: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        match StackConfig::parse(label, text)? {
            StackConfig::Private(config) => Ok(config),
            other => {
                let shown = SourceFile::new(label, masked(text));
                let what = format!("`{}` cannot be served", other.shown());
                let hint = "give a distribution, a path to a run config, or api=provider pairs";
                Err(vec![Piece::whole(text, &shown).diagnostic(what).hint(hint)])
            }
        }
    }
}

/// What no form can make sense of: nothing, and characters that cannot be seen.
fn text_is_sound(piece: Piece<'_>, errors: &mut Vec<Diagnostic>) -> bool {
    let text = piece.text();
    let trimmed = text.trim();
    if trimmed.is_empty() {
        errors.push(piece.diagnostic("the stack config is empty").hint("`starter` is the embedded stack"));
    } else if trimmed.len() != text.len() {
        let lead = text.len() - text.trim_start().len();
        let blank = if lead > 0 { piece.to(lead) } else { piece.from(trimmed.len()) };
        errors.push(
            blank.diagnostic("the stack config has blanks around it").hint("quote it without the blanks"),
        );
    }
    for (at, found) in text.char_indices().filter(|(_, c)| c.is_control()).take(3) {
        let part = piece.slice(at..at + found.len_utf8());
        errors.push(part.diagnostic(format!("the character {found:?} has no place in a stack config")));
    }
    errors.is_empty()
}

/// The first form that claims the text parses it.
pub(super) fn parse_piece(piece: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<StackConfig> {
    if misspelt(piece, errors) {
        return None;
    }
    let form = FORMS.iter().find(|form| (form.claims)(piece.text()))?;
    (form.parse)(piece, errors)
}
