//! The proxy that the user has.

use crate::model::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use url::Url;

/// An HTTP proxy behind which hosts outside are found: the one that the user's own `HTTPS_PROXY` names.
#[derive(Debug, Clone)]
pub struct Via {
    /// Name or address.
    pub(super) host: String,
    pub(super) port: u16,
    /// The value of `proxy-authorization`.
    pub(super) authorization: Option<Secret>,
    /// Hosts that are found without it, as `NO_PROXY` has them, in lower case.
    spared: Vec<String>,
}

impl Via {
    /// The proxy that `url` (`http://user:password@host:port`) names, for all hosts but those of `no_proxy`; `None` if it is
    /// no such URL.
    pub fn new(url: &str, no_proxy: &str) -> Option<Self> {
        let url = if url.contains("://") { Url::parse(url) } else { Url::parse(&format!("http://{url}")) };
        let url = url.ok().filter(|url| url.scheme() == "http")?;
        let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let password = url.password().unwrap_or_default();
        let authorization = (!url.username().is_empty()).then(|| {
            Secret::new(format!(
                "Basic {}",
                STANDARD.encode(format!("{}:{}", plain(url.username()), plain(password)))
            ))
        });
        let entries = no_proxy.split(',').map(|entry| entry.trim().to_ascii_lowercase());
        let spared = entries
            .map(|entry| entry.trim_start_matches("*.").trim_start_matches('.').to_owned())
            .filter(|entry| !entry.is_empty())
            .collect();
        Some(Self { host, port: url.port_or_known_default()?, authorization, spared })
    }

    /// Whether `host` is found without it.
    pub(super) fn spares(&self, host: &str) -> bool {
        self.spared.iter().any(|entry| {
            entry == "*"
                || host == entry
                || host.strip_suffix(entry.as_str()).is_some_and(|rest| rest.ends_with('.'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_proxy_is_read_as_clients_read_it() {
        let via = Via::new("http://me:p%40ss@proxy.corp:3128", "localhost, .intern.corp,*.lab").unwrap();
        assert_eq!((via.host.as_str(), via.port), ("proxy.corp", 3128));
        assert_eq!(via.authorization.unwrap().expose(), format!("Basic {}", STANDARD.encode("me:p@ss")));
        let via = Via::new("proxy.corp:3128", "localhost, .intern.corp,*.lab").unwrap();
        for (host, spared) in
            [("a.intern.corp", true), ("localhost", true), ("x.lab", true), ("xlab", false), ("corp", false)]
        {
            assert_eq!(via.spares(host), spared, "{host}");
        }
        assert!(Via::new("proxy.corp", "*").unwrap().spares("anything"));
        assert!(Via::new("socks5://proxy.corp", "").is_none());
    }
}
