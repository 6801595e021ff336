//! The name of a distribution.

use super::Form;
use crate::source::{Diagnostic, nearest};
use crate::stack_config::known::distro_names;
use crate::stack_config::piece::Piece;
use crate::stack_config::{Config, DISTROS, Distro, StackConfig};

pub(super) const FORM: Form = Form {
    name: "<distro>",
    summary: "a distribution, started for this run alone",
    example: "starter",
    claims: |_| true,
    parse: |piece, errors| Some(StackConfig::Private(Config::Distro(known_distro(piece, errors)?))),
};

/// A name in the table of distributions.
pub(super) fn known_distro(piece: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<String> {
    let name = piece.text();
    if let Some(distro) = Distro::find(name) {
        return Some(distro.name.to_owned());
    }
    if name.is_empty() {
        errors.push(piece.diagnostic("the name of a distribution is missing").hint("write `starter`"));
        return None;
    }
    let complaint = piece.diagnostic(format!("there is no distribution `{name}`"));
    errors.push(match nearest(name, DISTROS.iter().map(|distro| distro.name)) {
        Some(near) => complaint.hint(format!("did you mean `{near}`?")),
        None => complaint
            .hint(format!("the distributions are {}; a file of that name is `./{name}`", distro_names())),
    });
    None
}

#[cfg(test)]
mod tests {
    use crate::stack_config::form::table::tests::rejected;

    #[test]
    fn the_nearest_distribution_is_named() {
        assert_eq!(rejected("startr")[0].2.as_deref(), Some("did you mean `starter`?"));
        assert!(rejected("foo")[0].2.as_ref().unwrap().contains("`./foo`"));
    }
}
