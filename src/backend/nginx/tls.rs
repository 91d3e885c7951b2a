//! TLS as a client: whom it trusts, what it presents, and whether it may resume.

use crate::backend::{BackendError, Credential};
use std::sync::Arc;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, crypto};

/// The name that clients ask the server's certificate for.
pub const SERVER_NAME: &str = "internal-api.drill";
/// Tickets that a resuming client keeps; each is spent once, and a new one comes with each answer.
const TICKETS: usize = 8;

/// Which handshakes a client makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshakes {
    /// Each a full one, whatever TLS the two agree on.
    Full,
    /// Resumed where there is a ticket, TLS 1.2.
    Resumed12,
    /// Resumed where there is a ticket, TLS 1.3.
    Resumed13,
}

/// The one authority that a server's certificate may come from.
///
/// # Errors
/// It is no certificate.
pub fn roots(ca_pem: &str) -> Result<Arc<RootCertStore>, BackendError> {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(ca_pem.as_bytes()).map_err(|e| BackendError(e.to_string()))?;
    roots.add(ca).map_err(|e| BackendError(e.to_string()))?;
    Ok(Arc::new(roots))
}

/// What a client presents, and how.
///
/// # Errors
/// The credential is no certificate with its key.
pub fn client(
    roots: &Arc<RootCertStore>,
    credential: &Credential,
    handshakes: Handshakes,
) -> Result<Arc<ClientConfig>, BackendError> {
    let pem = credential.secret.expose().as_bytes();
    // What is wrong with it is not said: it may hold the key.
    let unusable = || BackendError(format!("{} is no certificate with its key", credential.name));
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.ok().filter(|c| !c.is_empty()).ok_or_else(unusable)?;
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| unusable())?;
    let versions: &[&SupportedProtocolVersion] = match handshakes {
        Handshakes::Full => &[&TLS12, &TLS13],
        Handshakes::Resumed12 => &[&TLS12],
        Handshakes::Resumed13 => &[&TLS13],
    };
    let mut config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .map_err(|e| BackendError(e.to_string()))?
        .with_root_certificates(roots.clone())
        .with_client_auth_cert(chain, key)
        .map_err(|_| unusable())?;
    config.resumption = match handshakes {
        Handshakes::Full => Resumption::disabled(),
        Handshakes::Resumed12 | Handshakes::Resumed13 => Resumption::in_memory_sessions(TICKETS),
    };
    Ok(Arc::new(config))
}

/// The name that every server's certificate of this run is for.
///
/// # Errors
/// Never: it is a name.
pub fn server_name() -> Result<ServerName<'static>, BackendError> {
    ServerName::try_from(SERVER_NAME).map_err(|e| BackendError(e.to_string()))
}
