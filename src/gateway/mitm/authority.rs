//! The CA of one run, and the certificates it makes.

use crate::gateway::Error;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SerialNumber,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use time::{Duration, OffsetDateTime};

/// How far the clock of a client may be behind ours.
const BEFORE: Duration = Duration::days(2);
/// How long the certificates are good for: longer than any run, too short to be of use to somebody who finds them.
const AFTER: Duration = Duration::days(5);
/// Hosts whose certificates are kept. A host with `*` in its name stands for any number of them.
const KEPT: usize = 256;

/// A CA whose private key is nowhere but in this process.
pub(super) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    /// The key of all hosts: making one for each would only cost time.
    key: KeyPair,
    validity: (OffsetDateTime, OffsetDateTime),
    made: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

impl Authority {
    /// A new CA, good from a little before `now` on.
    pub(super) fn new(now: SystemTime) -> Result<Self, Error> {
        let now = OffsetDateTime::from(now);
        let validity = (now.saturating_sub(BEFORE), now.saturating_add(AFTER));
        let (ca_key, key) = (KeyPair::generate().map_err(failed)?, KeyPair::generate().map_err(failed)?);
        // Told apart by its name, too: some clients take two CAs of one name for one.
        let mark = blake3::hash(ca_key.public_key_raw()).to_hex();
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.distinguished_name = named(&format!("stack-test, CA of one run ({})", &mark[..8]));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) = validity;
        let pem = params.self_signed(&ca_key).map_err(failed)?.pem();
        Ok(Self { pem, issuer: Issuer::new(params, ca_key), key, validity, made: Mutex::default() })
    }

    /// The certificate that clients must trust.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// How TLS is spoken in the name of `host`, a name or an address.
    pub(super) fn server_config(&self, host: &str) -> Result<Arc<ServerConfig>, Error> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = made.get(host) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(self.make(host)?);
        if made.len() >= KEPT {
            made.clear();
        }
        made.insert(host.to_owned(), Arc::clone(&config));
        Ok(config)
    }

    fn make(&self, host: &str) -> Result<ServerConfig, Error> {
        let mut params = CertificateParams::new(vec![host.to_owned()]).map_err(failed)?;
        params.distinguished_name = named("stack-test");
        params.serial_number =
            Some(SerialNumber::from_slice(&blake3::hash(host.as_bytes()).as_bytes()[..16]));
        // Strict clients (Python from 3.13 on) want both.
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        (params.not_before, params.not_after) = self.validity;
        let certificate = params.signed_by(&self.key, &self.issuer).map_err(failed)?;
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).map_err(failed)?;
        let provider = Arc::new(ring::default_provider());
        let key = provider.key_provider.load_private_key(key).map_err(failed)?;
        let certified = Arc::new(CertifiedKey::new(vec![certificate.der().clone()], key));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(OnlyFor { host: host.to_owned(), certified }));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn failed(error: impl fmt::Display) -> Error {
    Error::Authority(error.to_string())
}

/// The certificate of a host, for clients that mean this host: a client that asked for a tunnel to one host and then
/// greets another gets none.
#[derive(Debug)]
struct OnlyFor {
    host: String,
    certified: Arc<CertifiedKey>,
}

impl ResolvesServerCert for OnlyFor {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let meant = hello.server_name().is_none_or(|name| name.eq_ignore_ascii_case(&self.host));
        meant.then(|| Arc::clone(&self.certified))
    }
}
