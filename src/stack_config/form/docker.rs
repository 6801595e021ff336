//! `docker:<distro or image>[:port]`

use super::Form;
use super::port::split_port;
use crate::source::Diagnostic;
use crate::stack_config::piece::Piece;
use crate::stack_config::{Image, StackConfig};

const PREFIX: &str = "docker:";

pub(super) const FORM: Form = Form {
    name: "docker:<distro>[:port]",
    summary: "a container of a distribution or of one in stack-test.yaml, or of an image by its name (one with a slash, a dot or a tag)",
    example: "docker:starter:8322",
    claims: |text| text.starts_with(PREFIX),
    parse,
};

fn parse(piece: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<StackConfig> {
    let rest = piece.from(PREFIX.len());
    let (rest, port) = match rest.text().rsplit_once(':') {
        // What follows the colon of an image may also be its tag; digits alone are a port.
        // Without a slash, what begins like a port is a port that is misspelt.
        Some((name, tag)) if is_tag(tag, name.contains('/')) => (rest, None),
        _ => split_port(rest, errors),
    };
    if rest.text().is_empty() {
        errors.push(piece.diagnostic("`docker:` does not say what to run").hint("write `docker:starter`"));
        return None;
    }
    if let Some(at) = rest.text().find(|c: char| !c.is_ascii_alphanumeric() && !"-_./:@".contains(c)) {
        errors.push(rest.from(at).diagnostic("an image's name has letters, digits and `-_./:@` only"));
        return None;
    }
    let name = rest.text().to_owned();
    let image = if name.contains(['/', '.', ':', '@']) { Image::Named(name) } else { Image::Distro(name) };
    Some(StackConfig::Docker { image, port })
}

fn is_tag(text: &str, after_slash: bool) -> bool {
    if after_slash {
        return !text.bytes().all(|byte| byte.is_ascii_digit());
    }
    text.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack_config::form::table::tests::rejected;

    #[test]
    fn a_distribution_or_an_image_with_or_without_a_port() {
        let parse = |text| StackConfig::parse("--stack-config", text).unwrap();
        let image = |name: &str| Image::Named(name.into());
        let docker = |image, port| StackConfig::Docker { image, port };
        assert_eq!(parse("docker:starter"), docker(Image::Distro("starter".into()), None));
        assert_eq!(parse("docker:a/b:latest"), docker(image("a/b:latest"), None));
        assert_eq!(parse("docker:a/b:latest:81"), docker(image("a/b:latest"), Some(81)));
        assert_eq!(parse("docker:a/b:81"), docker(image("a/b"), Some(81)));
        assert_eq!(parse("docker:mine:latest:81"), docker(image("mine:latest"), Some(81)));
        assert_eq!(parse("docker:mine:latest"), docker(image("mine:latest"), None));
        assert_eq!(parse("docker:my.image"), docker(image("my.image"), None));
        // What it is, the project may say.
        assert_eq!(parse("docker:mine:81"), docker(Image::Distro("mine".into()), Some(81)));
    }

    #[test]
    fn a_wrong_name_is_underlined() {
        assert_eq!(rejected("docker:starter:83x2")[0].0, "83x2");
        assert_eq!(rejected("docker:a/b c")[0].0, " c");
        assert!(rejected("docker:")[0].1.contains("does not say"));
    }
}
