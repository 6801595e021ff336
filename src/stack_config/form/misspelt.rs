//! Slips that no form would recognise as its own.

use super::FORMS;
use crate::source::{Diagnostic, nearest};
use crate::stack_config::piece::Piece;

const PREFIXES: [&str; 2] = ["server", "docker"];

/// `serve:starter`, `localhost:8321`, `starter:8322`: adds what was meant and returns true.
pub(in crate::stack_config) fn misspelt(piece: Piece<'_>, errors: &mut Vec<Diagnostic>) -> bool {
    let text = piece.text();
    let Some((word, rest)) = text.split_once(':') else { return false };
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let odd = rest.starts_with(':') || word.is_empty() || !word.chars().all(in_word);
    let claimed = FORMS[..3].iter().any(|form| (form.claims)(text));
    let drive = word.len() == 1 && rest.starts_with(['\\', '/']);
    if odd || claimed || drive || word.ends_with(".yaml") || word.ends_with(".yml") {
        return false;
    }
    let prefix = piece.to(word.len());
    let port = rest.split('/').next().unwrap_or_default();
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    errors.push(if let Some(near) = nearest(word, PREFIXES) {
        prefix.diagnostic(format!("there is no prefix `{word}:`")).hint(format!("did you mean `{near}:`?"))
    } else if is_port && crate::stack_config::Distro::find(word).is_some() {
        let hint = format!("write `server:{text}`");
        piece.from(word.len()).diagnostic("only a server has a port that can be chosen").hint(hint)
    } else if is_port {
        let hint = format!("write `http://{text}` for a server that runs already");
        piece.diagnostic(format!("`{text}` is no URL without its scheme")).hint(hint)
    } else {
        let hint = "the prefixes are `server:` and `docker:`; a colon in an option is written %3A";
        prefix.diagnostic(format!("there is no prefix `{word}:`")).hint(hint)
    });
    true
}

#[cfg(test)]
mod tests {
    use crate::stack_config::form::table::tests::rejected;

    #[test]
    fn a_drive_is_no_prefix() {
        use crate::stack_config::{Config, StackConfig};
        let config = StackConfig::parse("--stack-config", r"server:C:\run.yaml:81").unwrap();
        let path = Config::Path(r"C:\run.yaml".into());
        assert_eq!(config, StackConfig::Server { config: path, port: Some(81) });
    }

    #[test]
    fn what_was_meant_is_named() {
        for (text, part, hint) in [
            ("serve:starter", "serve", "did you mean `server:`?"),
            ("dokcer:starter", "dokcer", "did you mean `docker:`?"),
            (
                "localhost:8321",
                "localhost:8321",
                "write `http://localhost:8321` for a server that runs already",
            ),
            ("starter:8322", ":8322", "write `server:starter:8322`"),
        ] {
            let (found, _, found_hint) = rejected(text).remove(0);
            assert_eq!((found.as_str(), found_hint.as_deref()), (part, Some(hint)), "{text}");
        }
    }
}
