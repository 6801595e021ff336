//! `server:<config>[:port]`

use super::Form;
use super::port::split_port;
use crate::source::Diagnostic;
use crate::stack_config::StackConfig;
use crate::stack_config::parse::parse_piece;
use crate::stack_config::piece::Piece;

const PREFIX: &str = "server:";

pub(super) const FORM: Form = Form {
    name: "server:<config>[:port]",
    summary: "the server that already answers on the port (8321 if none is given), else one that is started there",
    example: "server:starter:8322",
    claims: |text| text.starts_with(PREFIX),
    parse,
};

fn parse(piece: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<StackConfig> {
    let rest = piece.from(PREFIX.len());
    if ["http:", "https:"].iter().any(|scheme| rest.text().starts_with(scheme)) {
        let url = rest.shown();
        errors.push(
            piece
                .to(PREFIX.len())
                .diagnostic("a URL names a server that runs already; `server:` would start one")
                .hint(format!("leave the prefix out: `{url}`")),
        );
        return None;
    }
    if let Some(inner) = [PREFIX, "docker:"].into_iter().find(|inner| rest.text().starts_with(inner)) {
        let what = "`server:` takes a distribution, a path to a run config, or api=provider pairs";
        errors.push(rest.to(inner.len()).diagnostic(what).hint("one prefix is enough"));
        return None;
    }
    let (rest, port) = split_port(rest, errors);
    if rest.text().is_empty() {
        errors.push(piece.diagnostic("`server:` does not say what to serve").hint("write `server:starter`"));
        return None;
    }
    colon_in_an_option(rest, port, errors);
    match parse_piece(rest, errors)? {
        StackConfig::Private(config) => Some(StackConfig::Server { config, port }),
        other => {
            let what = format!("`{}` cannot be served: it is no config", other.shown());
            errors.push(rest.diagnostic(what).hint("leave `server:` out"));
            None
        }
    }
}

/// `server:inference=ollama?url=http://localhost:11434`: the server's port or the URL's? Neither guess is safe.
fn colon_in_an_option(config: Piece<'_>, port: Option<u16>, errors: &mut Vec<Diagnostic>) {
    let Some(port) = port else { return };
    let text = config.text();
    let last_pair = &text[text.rfind(',').map_or(0, |at| at + 1)..];
    if last_pair.split_once('?').is_some_and(|(_, options)| options.contains(':')) {
        let what = format!("`:{port}` could be the server's port or part of the option before it");
        let hint = "write the colons of an option as %3A, and the server's port at the end";
        errors.push(config.diagnostic(what).hint(hint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack_config::Config;
    use crate::stack_config::form::table::tests::rejected;

    fn served(text: &str) -> (Config, Option<u16>) {
        match StackConfig::parse("--stack-config", text).unwrap() {
            StackConfig::Server { config, port } => (config, port),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_port_is_what_follows_the_last_single_colon() {
        let distro = |name: &str| Config::Distro(name.into());
        assert_eq!(served("server:starter"), (distro("starter"), None));
        assert_eq!(served("server:starter:8322"), (distro("starter"), Some(8322)));
        let file = Config::DistroFile { distro: "ci-tests".into(), file: "run.yaml".into() };
        assert_eq!(served("server:ci-tests::run.yaml:9"), (file.clone(), Some(9)));
        assert_eq!(served("server:ci-tests::run.yaml"), (file, None));
        assert_eq!(served("server:./a.yaml:80"), (Config::Path("./a.yaml".into()), Some(80)));
        assert!(matches!(served("server:inference=remote::ollama:80"), (Config::Pairs(_), Some(80))));
        assert!(matches!(served("server:inference=remote::ollama"), (Config::Pairs(_), None)));
    }

    #[test]
    fn a_wrong_port_is_underlined() {
        let errors = rejected("server:starter:83x2");
        assert_eq!(errors, [("83x2".to_owned(), "`83x2` is not a port".to_owned(), None)]);
        assert_eq!(rejected("server:starter:65536")[0].0, "65536");
        assert_eq!(rejected("server:starter:0")[0].0, "0");
        assert!(rejected("server:starter:")[0].1.contains("missing"));
    }

    #[test]
    fn what_cannot_be_served_is_explained() {
        let (part, what, hint) = rejected("server:http://localhost:8321").remove(0);
        assert_eq!(part, "server:");
        assert!(what.contains("runs already"), "{what}");
        assert_eq!(hint.unwrap(), "leave the prefix out: `http://localhost:8321`");
        assert!(rejected("server:docker:starter")[0].1.contains("takes a distribution"));
        assert!(rejected("server:")[0].1.contains("does not say"));
    }

    #[test]
    fn a_port_that_may_belong_to_an_option_is_not_guessed() {
        let errors = rejected("server:inference=ollama?base_url=http://localhost:11434");
        assert!(errors[0].1.contains("`:11434` could be"), "{errors:?}");
        let (_, port) = served("server:inference=ollama?base_url=http%3A//localhost%3A11434:8400");
        assert_eq!(port, Some(8400));
    }
}
