//! `api=provider[?key=value&…],…`

use super::Form;
use crate::source::{Diagnostic, nearest};
use crate::stack_config::piece::Piece;
use crate::stack_config::{APIS, Config, Pair, Provider, ProviderKind, StackConfig};
use percent_encoding::percent_decode_str;

pub(super) const FORM: Form = Form {
    name: "api=provider[?key=value&…],…",
    summary: "a stack of just these providers, by id or as `remote::x` and `inline::x`",
    example: "inference=remote::ollama,files=inline::localfs,batches=reference",
    claims: |text| text.contains('='),
    parse,
};

fn parse(piece: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<StackConfig> {
    let mut pairs: Vec<Pair> = Vec::new();
    let before = errors.len();
    for part in piece.split(',') {
        let Some(pair) = parse_pair(part, piece, errors) else { continue };
        if pairs.iter().any(|known| known.api == pair.api && known.provider == pair.provider) {
            let what = format!("`{}={}` is there twice", pair.api, pair.provider);
            errors.push(part.diagnostic(what).hint("leave one of them out"));
        }
        pairs.push(pair);
    }
    (errors.len() == before).then_some(StackConfig::Private(Config::Pairs(pairs)))
}

fn parse_pair(part: Piece<'_>, whole: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<Pair> {
    if part.text().is_empty() {
        let what = "there is nothing between two commas, or before the first or after the last one";
        errors.push(whole.diagnostic(what).hint("leave the comma out"));
        return None;
    }
    let Some((api, provider)) = part.split_once("=") else {
        let what = format!("`{}` is not api=provider", part.text());
        errors.push(part.diagnostic(what).hint("write `inference=ollama`, pairs separated by commas"));
        return None;
    };
    let api = parse_api(api, errors);
    let (provider, options) = match provider.split_once("?") {
        Some((provider, options)) => (provider, parse_options(options, errors)),
        None => (provider, Some(Vec::new())),
    };
    let provider = parse_provider(provider, part, errors);
    Some(Pair { api: api?, provider: provider?, options: options? })
}

fn parse_api(api: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<String> {
    let name = api.text();
    if APIS.contains(&name) {
        return Some(name.to_owned());
    }
    let complaint = if name.is_empty() {
        api.diagnostic("an API is missing before the `=`")
    } else {
        api.diagnostic(format!("there is no API `{name}`"))
    };
    errors.push(match nearest(name, APIS.iter().copied()) {
        Some(near) => complaint.hint(format!("did you mean `{near}`?")),
        None => complaint.hint(format!("the APIs are {}", APIS.join(", "))),
    });
    None
}

fn parse_provider(provider: Piece<'_>, pair: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<Provider> {
    let (kind, id) = match provider.split_once("::") {
        Some((kind, id)) => (Some(parse_kind(kind, errors)), id),
        None => (None, provider),
    };
    if id.text().is_empty() {
        let what = format!("`{}` does not say which provider", pair.text());
        errors.push(pair.diagnostic(what).hint("write for example `inference=ollama`"));
        return None;
    }
    if let Some(at) = id.text().find(|c: char| !is_name(c)) {
        let hint = if id.text()[at..].starts_with(['=', '&']) {
            "separate pairs by commas, and options from the provider by `?`"
        } else if id.text()[at..].starts_with(':') {
            "a port is for `server:` alone, as in `server:inference=ollama:8322`; types are `remote::x` and `inline::x`"
        } else {
            "a provider's id has letters, digits and `-_.` only"
        };
        let what = format!("`{}` is not the id of a provider", id.shown());
        errors.push(id.from(at).diagnostic(what).hint(hint));
        return None;
    }
    Some(Provider { kind: kind.map_or(Some(None), |kind| kind.map(Some))?, id: id.text().to_owned() })
}

fn parse_kind(kind: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<ProviderKind> {
    let name = kind.text();
    let found = ProviderKind::ALL.into_iter().find(|known| known.name() == name);
    if found.is_none() {
        let near = nearest(name, ProviderKind::ALL.map(ProviderKind::name));
        let hint =
            near.map_or("write `remote::` or `inline::`".into(), |near| format!("did you mean `{near}::`?"));
        errors.push(kind.diagnostic(format!("a provider is not `{name}::`")).hint(hint));
    }
    found
}

fn parse_options(options: Piece<'_>, errors: &mut Vec<Diagnostic>) -> Option<Vec<(String, String)>> {
    let before = errors.len();
    let mut found: Vec<(String, String)> = Vec::new();
    for option in options.split('&') {
        let Some((key, value)) = option.split_once("=") else {
            errors.push(option_of(option, options).diagnostic("an option is written key=value"));
            continue;
        };
        let name = key.text();
        if name.is_empty() || !name.chars().all(is_name) {
            let what = format!("`{name}` is not the key of an option");
            errors.push(option.diagnostic(what).hint("a key has letters, digits and `-_.` only"));
        } else if found.iter().any(|(known, _)| known == name) {
            errors.push(key.diagnostic(format!("the option `{name}` is there twice")));
        }
        match percent_decode_str(value.text()).decode_utf8() {
            Ok(value) => found.push((name.to_owned(), value.into_owned())),
            Err(_) => errors.push(value.diagnostic(format!("the value of `{name}` is not UTF-8"))),
        }
    }
    (errors.len() == before).then_some(found)
}

/// What to underline where an option is missing altogether.
fn option_of<'a>(option: Piece<'a>, options: Piece<'a>) -> Piece<'a> {
    if option.text().is_empty() { options } else { option }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack_config::form::table::tests::rejected;

    fn pairs(text: &str) -> Vec<Pair> {
        match StackConfig::parse("--stack-config", text).unwrap() {
            StackConfig::Private(Config::Pairs(pairs)) => pairs,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn providers_by_id_and_by_type_with_options() {
        let found = pairs("inference=ollama?base_url=http%3A//h/v1&x=a%2Cb,files=inline::localfs");
        assert_eq!(found[0].provider, Provider { kind: None, id: "ollama".into() });
        let options: Vec<_> = found[0].options.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(options, [("base_url", "http://h/v1"), ("x", "a,b")]);
        assert_eq!(found[1].provider, Provider { kind: Some(ProviderKind::Inline), id: "localfs".into() });
    }

    #[test]
    fn one_api_may_have_several_providers() {
        assert_eq!(pairs("inference=ollama,inference=openai").len(), 2);
        assert!(rejected("inference=ollama,inference=ollama")[0].1.contains("twice"));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let errors = rejected("inferense=ollama,files=inlin::localfs,safety,batches=,eval=a b?x");
        let parts: Vec<_> = errors.iter().map(|(part, ..)| part.as_str()).collect();
        assert_eq!(parts, ["inferense", "inlin", "safety", "batches=", " b", "x"]);
        assert_eq!(errors[0].2.as_deref(), Some("did you mean `inference`?"));
        assert_eq!(errors[1].2.as_deref(), Some("did you mean `inline::`?"));
    }

    #[test]
    fn empty_parts_are_refused() {
        for text in ["inference=ollama,", ",inference=ollama", "inference=ollama,,files=localfs"] {
            assert!(rejected(text)[0].1.contains("nothing between"), "{text}");
        }
        assert!(rejected("=ollama")[0].1.contains("an API is missing"));
        assert!(rejected("inference=ollama?")[0].1.contains("key=value"));
    }

    #[test]
    fn the_value_of_a_key_is_not_shown() {
        let errors =
            StackConfig::parse("--stack-config", "inferense=openai?api_key=sk-123,files=x").unwrap_err();
        let text = errors[0].render(false);
        assert!(text.contains("api_key=******,files") && !text.contains("sk-123"), "{text}");
        let config = StackConfig::parse("--stack-config", "inference=openai?api_key=sk-123").unwrap();
        assert!(!config.shown().contains("sk-123"));
    }
}
