//! Providers that could not be reached at all, which is no answer of theirs.

use std::error::Error as _;
use std::io;
use url::Url;

/// A provider that no connection was made to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    /// Its name.
    pub provider: String,
    /// Its base URL, without credentials.
    pub url: String,
    /// What kept us from it.
    pub why: String,
}

impl Unreached {
    /// The provider `name` at `url`, to which `error` was all that came.
    pub(super) fn new(name: &str, url: &str, error: &reqwest::Error) -> Self {
        Self { provider: name.to_owned(), url: without_credentials(url), why: reason(error) }
    }

    /// Whether it is the same provider, whatever kept us from it.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.provider == other.provider && self.url == other.url
    }
}

/// The URL as it may be shown: a query can hold a key, too.
fn without_credentials(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return "its URL".to_owned() };
    // Fails only for URLs that have no host, and so no credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// The reason, in words: the innermost that says more than that there was none.
fn reason(error: &reqwest::Error) -> String {
    let mut innermost = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        match kind {
            Some(io::ErrorKind::ConnectionRefused) => return "connection refused".to_owned(),
            Some(io::ErrorKind::TimedOut) => return "no connection in time".to_owned(),
            _ => {}
        }
        innermost = error.to_string();
        if innermost.contains("failed to lookup address") || innermost.contains("dns error") {
            return "its host is unknown".to_owned();
        }
        cause = error.source();
    }
    if innermost.is_empty() { "no connection".to_owned() } else { innermost }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_credentials_are_shown() {
        assert_eq!(without_credentials("http://me:pw@h.test:81/v1?key=x"), "http://h.test:81/v1");
    }
}
