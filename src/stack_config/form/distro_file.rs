//! `<distro>::<file.yaml>`

use super::Form;
use super::distro::known_distro;
use super::path::is_yaml;
use crate::source::Diagnostic;
use crate::stack_config::piece::Piece;
use crate::stack_config::{Config, ProviderKind, StackConfig};

pub(super) const FORM: Form = Form {
    name: "<distro>::<file.yaml>",
    summary: "a run config that comes with a distribution",
    example: "ci-tests::run-with-postgres-store.yaml",
    claims: |text| text.find("::").is_some_and(|at| !text[..at].contains(['/', '\\'])),
    parse,
};

fn parse(piece: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<StackConfig> {
    let (distro, file) = piece.split_once("::")?;
    if ProviderKind::ALL.iter().any(|kind| kind.name() == distro.text()) {
        let what = format!("`{}` is a provider without its API", piece.text());
        errors.push(piece.diagnostic(what).hint(format!("write `inference={}`", piece.text())));
        return None;
    }
    let before = errors.len();
    let distro = known_distro(distro, errors);
    if file.text().contains(['/', '\\']) {
        let what = format!("`{}` is a path, not a file that comes with a distribution", file.text());
        errors.push(file.diagnostic(what).hint("leave the distribution out to use a run config of your own"));
    } else if !is_yaml(file.text()) || file.text().contains("::") {
        let part = if file.text().is_empty() { piece } else { file };
        errors.push(part.diagnostic("a run config ends in .yaml or .yml").hint("write `ci-tests::run.yaml`"));
    }
    let distro = distro?;
    (errors.len() == before)
        .then(|| StackConfig::Private(Config::DistroFile { distro, file: file.text().to_owned() }))
}

#[cfg(test)]
mod tests {
    use crate::stack_config::form::table::tests::rejected;

    #[test]
    fn both_halves_are_looked_at() {
        let errors = rejected("ci-test::run");
        assert_eq!((errors[0].0.as_str(), errors[1].0.as_str()), ("ci-test", "run"));
        assert_eq!(rejected("starter::../run.yaml")[0].0, "../run.yaml");
        assert_eq!(rejected("starter::")[0].0, "starter::");
    }

    #[test]
    fn a_provider_alone_is_told_its_api() {
        assert_eq!(rejected("remote::ollama")[0].2.as_deref(), Some("write `inference=remote::ollama`"));
    }
}
