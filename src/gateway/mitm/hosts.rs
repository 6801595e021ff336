//! Which host is which provider's.

use crate::gateway::{Error, Upstream};
use http::uri::Authority;
use std::fmt;
use std::net::IpAddr;
use url::Url;

/// Where a client wants to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Destination {
    /// Name or address, in lower case, without brackets and final dot.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Destination {
    /// The destination that `authority` names; without a port, `port`.
    pub(super) fn of(authority: &Authority, port: Option<u16>) -> Option<Self> {
        let host = folded(authority.host());
        let port = authority.port_u16().or(port).filter(|port| *port != 0)?;
        (!host.is_empty() && !authority.as_str().contains('@')).then_some(Self { host, port })
    }

    /// Whether it is this machine, which no connection leaves.
    pub(super) fn is_local(&self) -> bool {
        self.host == "localhost"
            || self.host.parse::<IpAddr>().is_ok_and(|address| {
                let address = address.to_canonical();
                address.is_loopback() || address.is_unspecified()
            })
    }

    /// Its URL, if it can be one.
    pub(super) fn url(&self, scheme: &str) -> Option<Url> {
        Url::parse(&format!("{scheme}://{self}/")).ok()
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

fn folded(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase()
}

/// A provider at a place that was reached without the gateway's path.
#[derive(Debug, Clone)]
pub(in crate::gateway) struct Place {
    /// Its number among the gateway's providers.
    pub(in crate::gateway) provider: usize,
    /// Scheme, host and port as the client knows them.
    pub(in crate::gateway) origin: Url,
}

/// The hosts of all providers.
#[derive(Debug)]
pub(super) struct Hosts(Vec<(Pattern, usize)>);

#[derive(Debug)]
struct Pattern {
    /// The parts between the stars.
    parts: Vec<String>,
    port: Option<u16>,
}

impl Hosts {
    /// The hosts that `providers` declare, and those of their base URLs.
    ///
    /// # Errors
    /// A declared host that can be none.
    pub(super) fn new(providers: &[Upstream]) -> Result<Self, Error> {
        let mut hosts = Vec::new();
        for (number, upstream) in providers.iter().enumerate() {
            for host in &upstream.hosts {
                let pattern = Pattern::parse(host).ok_or_else(|| Error::Provider {
                    name: upstream.name.clone(),
                    problem: format!(
                        "`{host}` is no host; one is written `api.example.com`, `api.example.com:8443` or \
                         `api.*.example.com`, where `*` stands for one step"
                    ),
                })?;
                hosts.push((pattern, number));
            }
        }
        // Behind those that were declared, which say more clearly who is meant.
        for (number, upstream) in providers.iter().enumerate() {
            let Ok(url) = Url::parse(&upstream.url) else { continue };
            if let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) {
                hosts.push((Pattern { parts: vec![folded(host)], port: Some(port) }, number));
            }
        }
        Ok(Self(hosts))
    }

    /// The number of the provider that is at `destination`.
    pub(super) fn find(&self, destination: &Destination) -> Option<usize> {
        let found = self.0.iter().find(|(pattern, _)| pattern.matches(destination));
        found.map(|(_, number)| *number)
    }

    /// Whether a `NO_PROXY` entry would lead around the gateway to a provider.
    pub(super) fn are_passed_by(&self, entry: &str) -> bool {
        let entry = entry.rsplit_once(':').map_or(entry, |(host, _)| host);
        let end = entry.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
        self.0.iter().any(|(pattern, _)| {
            let host = pattern.parts.join("x");
            end.is_empty() || host == end || host.ends_with(&format!(".{end}"))
        })
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse::<u16>().ok().filter(|port| *port != 0)?))
            }
            _ => (text, None),
        };
        let host = folded(host);
        let is_address = host.parse::<IpAddr>().is_ok();
        let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte);
        // A pattern that is nothing but stars would make everything a provider.
        let says_something = host.bytes().any(|byte| byte.is_ascii_alphanumeric());
        (is_address || (says_something && host.bytes().all(named) && !host.split('.').any(str::is_empty)))
            .then(|| Self { parts: host.split('*').map(str::to_owned).collect(), port })
    }

    fn matches(&self, destination: &Destination) -> bool {
        self.port.is_none_or(|port| port == destination.port) && fits(&self.parts, &destination.host)
    }
}

/// Whether `host` is `parts` with one or more characters that are no dot between each two.
fn fits(parts: &[String], host: &str) -> bool {
    match parts {
        [] => false,
        [only] => only == host,
        [first, rest @ ..] => {
            let Some(behind) = host.strip_prefix(first.as_str()) else { return false };
            let step = behind.find('.').unwrap_or(behind.len());
            (1..=step).any(|end| behind.is_char_boundary(end) && fits(rest, &behind[end..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::dialect::by_name;

    fn hosts(declared: &[&str]) -> Result<Hosts, Error> {
        let mut upstream = Upstream::new("p", "https://base.test/v1", by_name("openai").unwrap());
        upstream.hosts = declared.iter().map(|host| (*host).to_owned()).collect();
        Hosts::new(&[upstream])
    }

    fn to(text: &str) -> Destination {
        Destination::of(&text.parse().unwrap(), None).unwrap()
    }

    #[test]
    fn a_star_stands_for_one_step_and_a_port_counts_where_it_is_given() {
        let hosts =
            hosts(&["api.one.test", "two.test:8443", "rt.*.amazonaws.test", "*.azure.test", "[::1]:7"])
                .unwrap();
        for known in [
            "api.one.test:443",
            "API.One.Test.:80",
            "two.test:8443",
            "rt.eu-west-1.amazonaws.test:443",
            "me.azure.test:443",
            "base.test:443",
            "[::1]:7",
        ] {
            assert_eq!(hosts.find(&to(known)), Some(0), "{known}");
        }
        for strange in [
            "one.test:443",
            "evil-api.one.test:443",
            "api.one.test.evil.test:443",
            "two.test:443",
            "rt.amazonaws.test:443",
            "rt..amazonaws.test:443",
            "rt.a.b.amazonaws.test:443",
            "base.test:8443",
            "azure.test:443",
        ] {
            assert_eq!(hosts.find(&to(strange)), None, "{strange}");
        }
    }

    #[test]
    fn what_can_be_no_host_is_refused_with_an_example() {
        for wrong in ["", "*", "*.*", "https://a.test", "a.test/v1", "a.test:0", "a.test:x", "a..test", "a b"]
        {
            let error = hosts(&[wrong]).unwrap_err().to_string();
            assert!(error.contains("api.example.com"), "{wrong}: {error}");
        }
    }

    #[test]
    fn this_machine_is_known_by_all_its_names() {
        for local in
            ["localhost:1", "LOCALHOST.:1", "127.9.9.9:1", "0.0.0.0:1", "[::1]:1", "[::ffff:127.0.0.1]:1"]
        {
            assert!(to(local).is_local(), "{local}");
        }
        for far in ["localhost.evil.test:1", "10.0.0.1:1", "[fe80::1]:1", "127.0.0.1.evil.test:1"] {
            assert!(!to(far).is_local(), "{far}");
        }
    }

    #[test]
    fn an_exception_for_a_provider_is_none() {
        let hosts = hosts(&["api.one.test", "rt.*.amazonaws.test"]).unwrap();
        for passes in
            ["*", "one.test", ".one.test", "*.one.test", "api.one.test:443", "amazonaws.test", "test"]
        {
            assert!(hosts.are_passed_by(passes), "{passes}");
        }
        for harmless in ["ne.test", "intern.corp", "10.0.0.0/8", "localhost"] {
            assert!(!hosts.are_passed_by(harmless), "{harmless}");
        }
    }
}
