//! How a process is told to come by the gateway.

use std::net::SocketAddr;
use std::path::Path;

/// Hosts that are found without the gateway: a stack talks to itself, and base URLs lead to the gateway anyway.
const LOCAL: &str = "127.0.0.1,localhost,::1";

/// In both spellings: curl knows `http_proxy` in small letters only, others know the capitals only.
const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// Emptied, since some clients take it before the others.
const ALL_PROXY: [&str; 2] = ["ALL_PROXY", "all_proxy"];
/// Files with every CA that is trusted: OpenSSL and its users (Python's `ssl`, httpx, Ruby), requests, curl, the AWS SDKs.
const BUNDLES: [&str; 4] = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"];
/// A file with CAs that are trusted beside the built-in ones.
const EXTRA: &str = "NODE_EXTRA_CA_CERTS";
/// By which Node from 24 on heeds the variables above.
const NODE_HEEDS: &str = "NODE_USE_ENV_PROXY";

/// The variables of a process that comes by the gateway at `address`, with what stands before that in its URL; `files` are all CAs, and ours alone.
pub(super) fn variables<'a>(
    (user, address): (&str, SocketAddr),
    files: (&Path, &Path),
    exceptions: impl Iterator<Item = &'a str>,
) -> Vec<(String, String)> {
    let (bundle, own) = files;
    let bundle = bundle.display().to_string();
    // On a container's bridge, the gateway is not at a local address.
    let itself = (!address.ip().is_loopback()).then(|| address.ip().to_string());
    let local = std::iter::once(LOCAL.to_owned()).chain(itself);
    let without = local.chain(exceptions.map(str::to_owned)).collect::<Vec<_>>().join(",");
    let all = PROXY.map(|name| (name, format!("http://{user}{address}"))).into_iter();
    all.chain(NO_PROXY.map(|name| (name, without.clone())))
        .chain(ALL_PROXY.map(|name| (name, String::new())))
        .chain(BUNDLES.map(|name| (name, bundle.clone())))
        .chain([(EXTRA, own.display().to_string()), (NODE_HEEDS, "1".to_owned())])
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
