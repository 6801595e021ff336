//! The providers of `stack-test.yaml`.

use super::fields::{fields, strings, text, variable};
use crate::source::{Diagnostic, Entry, Node, nearest};
use crate::wire::dialect::{DIALECTS, Dialect, by_name, for_provider};
use url::Url;

const KEYS: &[&str] = &["url_env", "upstream", "key_env", "dialect", "hosts"];

/// A model provider, as the stack is pointed at it.
#[derive(Debug, Clone)]
pub(in crate::app) struct Provider {
    /// The environment variable that carries its base URL, if there is one.
    pub(in crate::app) url_env: Option<String>,
    /// Where it is, if that variable is not set.
    pub(in crate::app) upstream: String,
    /// The environment variable that carries its key.
    pub(in crate::app) key_env: Option<String>,
    /// How it speaks.
    pub(in crate::app) dialect: &'static Dialect,
    /// Its hosts, where the stack comes to them by way of the gateway as a proxy.
    pub(in crate::app) hosts: Vec<String>,
}

impl Provider {
    /// Reads one; what is wrong is noted in `errors`.
    pub(super) fn read(entry: &Entry, errors: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut named = |key| entry.value.get(key).and_then(|node| variable(node, errors));
        let (url_env, key_env) = (named("url_env"), named("key_env"));
        let upstream = entry.value.get("upstream").map(|node| base_url(node, errors));
        let dialect = entry.value.get("dialect").and_then(|node| known_dialect(node, errors));
        fields(&entry.value, "a provider", KEYS, errors).for_each(drop);
        let hosts = entry.value.get("hosts").map(|node| strings(node, errors)).unwrap_or_default();
        // Without either, an installed stack finds its URL as a literal in the run config; its key is then all that
        // the environment has of it.
        let led = url_env.is_some() || !hosts.is_empty() || key_env.is_some();
        let Some(upstream) = upstream.filter(|_| led) else {
            let what =
                format!("provider `{}` needs `upstream`, and `url_env`, `hosts` or `key_env`", entry.key);
            errors.push(Diagnostic::at(entry.key_origin.clone(), what).hint(
                "`url_env` is the environment variable by which the stack is told the provider's base URL; `upstream` is that URL; `hosts` are those that it goes to whatever it is told; with a `key_env` alone, the URL of a run config is replaced",
            ));
            return None;
        };
        let dialect = dialect.unwrap_or_else(|| for_provider("openai"));
        Some(Self { url_env, upstream: upstream?, key_env, dialect, hosts })
    }
}

/// The base URL of a provider.
fn base_url(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<String> {
    let written = text(node, errors)?;
    let wrong = match Url::parse(&written) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => return Some(written),
        Ok(_) => "it begins with http:// or https://".to_owned(),
        Err(error) => error.to_string(),
    };
    errors.push(Diagnostic::at(node.origin.clone(), format!("`{written}` is no URL of a provider: {wrong}")));
    None
}

fn known_dialect(node: &Node, errors: &mut Vec<Diagnostic>) -> Option<&'static Dialect> {
    let known = dialect(&text(node, errors)?);
    known.map_err(|error| errors.push(Diagnostic { origin: Some(node.origin.clone()), ..error })).ok()
}

/// The dialect of that name.
///
/// # Errors
/// There is none.
pub(in crate::app) fn dialect(name: &str) -> Result<&'static Dialect, Diagnostic> {
    by_name(name).ok_or_else(|| {
        let known: Vec<&str> = DIALECTS.iter().map(|dialect| dialect.name).collect();
        Diagnostic::new(format!("there is no dialect `{name}`")).hint(
            match nearest(name, known.iter().copied()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("there are {}", known.join(", ")),
            },
        )
    })
}
