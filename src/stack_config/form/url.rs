//! `http://…`, `https://…`

use super::Form;
use crate::source::{Diagnostic, nearest};
use crate::stack_config::StackConfig;
use crate::stack_config::piece::Piece;

const SCHEMES: [&str; 2] = ["http", "https"];

pub(super) const FORM: Form = Form {
    name: "http(s)://<host>[:port]",
    summary: "a server that runs already, of whatever make; it is neither started nor stopped",
    example: "http://localhost:8321",
    claims: |text| scheme_end(text).is_some(),
    parse,
};

/// Where the scheme ends, if this looks like a URL: `http://x`, `ftp://x`, and slips such as `http//x` and `http:x`.
fn scheme_end(text: &str) -> Option<usize> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (scheme, rest) = text.split_at(end);
    let slip = SCHEMES.contains(&scheme.to_ascii_lowercase().as_str())
        && (rest.starts_with(':') || rest.starts_with("//"));
    (!scheme.is_empty() && (rest.starts_with("://") || slip)).then_some(end)
}

fn parse(piece: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<StackConfig> {
    let (scheme, rest) = piece.text().split_at(scheme_end(piece.text())?);
    let known = SCHEMES.into_iter().find(|known| scheme.eq_ignore_ascii_case(known));
    let Some(known) = known else {
        let near = nearest(scheme, SCHEMES).unwrap_or("http");
        errors.push(
            piece
                .to(scheme.len())
                .diagnostic(format!("`{scheme}://` is not a URL of a server"))
                .hint(format!("write `{near}://`")),
        );
        return None;
    };
    if !rest.starts_with("://") {
        let separator = rest.len() - rest.trim_start_matches([':', '/']).len();
        let part = piece.slice(scheme.len()..scheme.len() + separator);
        let shown = piece.from(scheme.len() + separator).shown();
        let what = format!("`{}` is not what follows `{known}` in a URL", part.text());
        errors.push(part.diagnostic(what).hint(format!("write `{known}://{shown}`")));
        return None;
    }
    parse_url(piece, known.len() + 3, errors)
}

fn parse_url(piece: Piece<'_>, authority: usize, errors: &mut Vec<Diagnostic>) -> Option<StackConfig> {
    if let Some(at) = piece.text().find(char::is_whitespace) {
        errors.push(piece.from(at).diagnostic("a URL has no blanks"));
        return None;
    }
    if let Some(at) = piece.text().find(['?', '#']) {
        let hint = "give the address at which `/v1/models` is found";
        errors.push(piece.from(at).diagnostic("the URL of a server has no query and no fragment").hint(hint));
    }
    let host = piece.from(authority);
    let host = host.to(host.text().find(['/', '?', '#', '\\']).unwrap_or(host.text().len()));
    let part = if host.text().is_empty() { piece } else { host };
    match url::Url::parse(piece.text()) {
        Ok(url) if url.port() == Some(0) => {
            errors.push(part.diagnostic("the port 0 does not exist"));
            None
        }
        Ok(url) => Some(StackConfig::Url(url.as_str().trim_end_matches('/').to_owned())),
        Err(error) => {
            let part = match error {
                url::ParseError::InvalidPort => part.from(part.text().rfind(':').map_or(0, |at| at + 1)),
                _ => part,
            };
            errors.push(part.diagnostic(format!("not a URL: {error}")));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack_config::form::table::tests::rejected;

    #[test]
    fn a_url_loses_its_last_slash() {
        let config = StackConfig::parse("--stack-config", "HTTP://Localhost:8321/").unwrap();
        assert_eq!(config, StackConfig::Url("http://localhost:8321".into()));
    }

    #[test]
    fn slips_are_named() {
        for (text, part, hint) in [
            ("http//localhost:8321", "//", "write `http://localhost:8321`"),
            ("http:/localhost", ":/", "write `http://localhost`"),
            ("htps://localhost", "htps", "write `https://`"),
        ] {
            let (found, _, found_hint) = rejected(text).remove(0);
            assert_eq!((found.as_str(), found_hint.as_deref()), (part, Some(hint)), "{text}");
        }
        assert_eq!(rejected("http://localhost:99999")[0].0, "99999");
        assert_eq!(rejected("http://localhost/?a=b")[0].0, "?a=b");
        assert_eq!(rejected("http://")[0].0, "http://");
    }

    #[test]
    fn credentials_are_not_shown() {
        let errors = StackConfig::parse("--stack-config", "https://me:hunter2@host:x").unwrap_err();
        let text = errors[0].render(false);
        assert!(text.contains("https://**********@host:x") && !text.contains("hunter2"), "{text}");
    }
}
