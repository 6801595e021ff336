//! The table of forms.

use super::{distro, distro_file, docker, pairs, path, server, url};
use crate::source::Diagnostic;
use crate::stack_config::StackConfig;
use crate::stack_config::piece::Piece;

/// A form of the stack-config language.
#[derive(Debug)]
pub struct Form {
    /// What it is called in the documentation.
    pub name: &'static str,
    /// What it means, in one line.
    pub summary: &'static str,
    /// A string of this form.
    pub example: &'static str,
    /// Whether a string is of this form, right or wrong. The first form that claims a string parses it.
    pub(in crate::stack_config) claims: fn(&str) -> bool,
    /// Adds what is wrong to the list; `None` only if it added something.
    pub(in crate::stack_config) parse: fn(Piece<'_>, &mut Vec<Diagnostic>) -> Option<StackConfig>,
}

/// The forms, in the order in which they may claim a string; the last one claims everything.
pub const FORMS: &[Form] =
    &[server::FORM, docker::FORM, url::FORM, pairs::FORM, distro_file::FORM, path::FORM, distro::FORM];

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What is wrong with `text`: the part underlined, the complaint, the hint.
    pub(in crate::stack_config) fn rejected(text: &str) -> Vec<(String, String, Option<String>)> {
        let errors = StackConfig::parse("--stack-config", text).unwrap_err();
        let part = |error: &Diagnostic| error.origin.as_ref().unwrap().snippet().to_owned();
        errors.iter().map(|error| (part(error), error.what.clone(), error.hint.clone())).collect()
    }

    #[test]
    fn every_example_is_of_its_form_and_documented() {
        let docs = include_str!("../../../docs/stack-config.md");
        for form in FORMS {
            let claims = FORMS.iter().find(|other| (other.claims)(form.example)).unwrap();
            assert_eq!(claims.name, form.name, "{} is claimed by another form", form.example);
            let config = StackConfig::parse("--stack-config", form.example).unwrap();
            assert_eq!(config.to_string(), form.example);
            assert!(docs.contains(&format!("`{}`", form.example)), "{} is not documented", form.example);
            assert!(docs.contains(form.summary), "{:?} is not documented", form.summary);
        }
    }

    #[test]
    fn blanks_and_unseen_characters_are_refused() {
        assert_eq!(rejected(" starter")[0].0, " ");
        assert_eq!(rejected("starter ")[0].0, " ");
        assert!(rejected("")[0].1.contains("empty") && rejected("  ")[0].1.contains("empty"));
        assert_eq!(rejected("star\u{1b}ter")[0].0, "\u{1b}");
    }
}
