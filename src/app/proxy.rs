//! The gateway as the proxy of the stack: what it is told, and the certificates that the stack is to trust.

use super::files::{self, AtomicFile};
use super::inputs::Inputs;
use crate::gateway::{Gateway, ProxySettings, SigV4, Via};
use crate::model::Secret;
use crate::source::Diagnostic;
use crate::wire::dialect::Dialect;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The files in the folder of the run with all roots that the stack trusts, and with ours alone. A run that proves its
/// recordings has several gateways, each with a CA of its own.
fn roots(gateway: &Gateway, folder: &Path) -> (PathBuf, PathBuf) {
    let port = gateway.address().port();
    (folder.join(format!("ca-bundle-{port}.pem")), folder.join(format!("ca-{port}.pem")))
}

/// The files that the variables of [`env`] name.
pub(super) fn files(gateway: &Gateway, folder: &Path) -> Vec<PathBuf> {
    let (bundle, own) = roots(gateway, folder);
    if gateway.ca_pem().is_some() { vec![bundle, own] } else { Vec::new() }
}

/// Files with roots of the user's own, which the bundle takes the place of.
const USERS_BUNDLES: [&str; 4] =
    ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];

/// How the gateway is a proxy, if it is `wanted`. The user's own proxy is then the one behind it.
pub(super) fn settings(wanted: bool, inputs: &Inputs) -> Option<ProxySettings> {
    let spared = inputs.first_env(&["NO_PROXY", "no_proxy"]).map_or("", |(_, value)| value);
    let via = inputs.first_env(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
    wanted.then(|| ProxySettings { now: inputs.now, via: via.and_then(|(_, url)| Via::new(url, spared)) })
}

/// Writes the files that [`env`] names, if the gateway is a proxy.
///
/// # Errors
/// A folder that cannot be written to.
pub(super) fn write_roots(gateway: &Gateway, folder: &Path, inputs: &Inputs) -> Result<(), Diagnostic> {
    let Some(own) = gateway.ca_pem() else { return Ok(()) };
    // Each once: the variables often name the system's roots, and a stack that makes a client for each call reads all of them each time.
    let (mut bundle, mut seen) = (String::new(), BTreeSet::new());
    // Roots that cannot be read are those that no other program here could read either.
    for root in rustls_native_certs::load_native_certs().certs {
        add_roots(&mut bundle, &mut seen, &pem(&root));
    }
    let named = USERS_BUNDLES.iter().filter_map(|name| inputs.env(name)).map(PathBuf::from);
    for file in named.filter_map(|path| files::read_text(&inputs.cwd, &path).ok()) {
        add_roots(&mut bundle, &mut seen, file.text());
    }
    bundle.push_str(own);
    let (bundle_path, own_path) = roots(gateway, folder);
    for (path, text) in [(bundle_path, bundle.as_str()), (own_path, own)] {
        let shown = files::display_name(&inputs.cwd, &path);
        let written = AtomicFile::create(path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.publish()
        });
        written.map_err(|error| Diagnostic::new(format!("`{shown}` cannot be written: {error}")))?;
    }
    Ok(())
}

/// The variables that lead the stack to `gateway` as its proxy, if it is one. They win over those of the user: what goes
/// past the gateway is not replayed.
pub(super) fn env(gateway: &Gateway, folder: &Path, inputs: &Inputs) -> Vec<(String, String)> {
    let exceptions = inputs.first_env(&["NO_PROXY", "no_proxy"]).map_or("", |(_, value)| value);
    let (bundle, own) = roots(gateway, folder);
    gateway.proxy_env(&bundle, &own, exceptions)
}

/// The credentials that requests to AWS are signed with, where there are any.
pub(super) fn sigv4<'a>(dialect: &Dialect, value: &dyn Fn(&str) -> Option<&'a str>) -> Option<SigV4> {
    if dialect.name != "bedrock" {
        return None;
    }
    Some(SigV4 {
        access_key: value("AWS_ACCESS_KEY_ID")?.to_owned(),
        secret: Secret::new(value("AWS_SECRET_ACCESS_KEY")?),
        session_token: value("AWS_SESSION_TOKEN").map(Secret::new),
    })
}

/// Adds what `text` holds to the bundle, but for the certificates that it has.
fn add_roots(bundle: &mut String, seen: &mut BTreeSet<String>, text: &str) {
    for block in text.split_inclusive("-----END CERTIFICATE-----") {
        let begins = block.find("-----BEGIN CERTIFICATE-----").unwrap_or_default();
        let certificate: String = block[begins..].split_whitespace().collect();
        if !certificate.is_empty() && seen.insert(certificate) {
            bundle.push_str(block.trim());
            bundle.push('\n');
        }
    }
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in text.as_bytes().chunks(64) {
        let _into_a_string = writeln!(pem, "{}", String::from_utf8_lossy(line));
    }
    pem + "-----END CERTIFICATE-----\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_that_is_named_twice_is_in_the_bundle_once() {
        let (mut bundle, mut seen) = (String::new(), BTreeSet::new());
        let (first, second) = (pem(b"first"), pem(b"second"));
        for text in
            [first.clone(), format!("# a comment\r\n{}{second}", first.replace('\n', "\r\n")), second.clone()]
        {
            add_roots(&mut bundle, &mut seen, &text);
        }
        assert_eq!(bundle, first + &second);
    }
}
