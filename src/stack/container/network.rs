//! How a container with a network of its own and this machine find each other.

use super::{Client, ContainerSpec, Network};
use std::net::IpAddr;
use url::{Host, Url};

/// What this machine is called in a container.
pub const CONTAINER_HOST: &str = "host.docker.internal";

/// The address that this machine has on the bridge of containers, where they have a network of their own: one that they
/// reach, and the network outside does not. `None` where there is no such bridge, or no client to ask.
pub async fn bridge_address(spec: &ContainerSpec) -> Option<IpAddr> {
    if spec.network != Network::Bridge {
        return None;
    }
    let client = Client::find(&spec.clients).await.ok()?;
    let said = if client.is_podman() {
        client.ask(&["network", "inspect", "podman", "--format", "{{(index .Subnets 0).Gateway}}"]).await
    } else {
        client.ask(&["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"]).await
    };
    said.ok()?.trim().parse().ok()
}

/// The value of a variable as a container finds it: one that leads to this machine does so by its name there.
pub(super) fn seen_from_inside(value: &str) -> String {
    let Ok(mut url) = Url::parse(value) else { return value.to_owned() };
    let is_ours = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if !is_ours || url.set_host(Some(CONTAINER_HOST)).is_err() {
        return value.to_owned();
    }
    let url = url.to_string();
    // A slash that was not there may matter to whoever puts a path behind it.
    if value.ends_with('/') { url } else { url.trim_end_matches('/').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_this_machine_lead_to_it_from_inside() {
        for (outside, inside) in [
            ("http://127.0.0.1:81/~t/openai/v1", "http://host.docker.internal:81/~t/openai/v1"),
            ("http://localhost:81", "http://host.docker.internal:81"),
            ("http://stack-test:t@127.0.0.1:81", "http://stack-test:t@host.docker.internal:81"),
            ("http://172.17.0.1:81/v1", "http://172.17.0.1:81/v1"),
            ("https://example.com/", "https://example.com/"),
            ("localhost", "localhost"),
            ("not a url", "not a url"),
        ] {
            assert_eq!(seen_from_inside(outside), inside);
        }
    }
}
