//! Client certificates by OpenBao's PKI engine: ended by lease, which revokes them. The caller names common name and TTL; the key of
//! the authority's own certificate never leaves OpenBao, and there is no parent at the backend.

pub mod shape;

use super::RoleSource;
use serde::{Deserialize, Serialize};

/// A role of the PKI engine, and what the caller asks it for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatePlan {
    /// Name of the role.
    pub role: String,
    /// Where its rights and TTLs come from.
    pub source: RoleSource,
    /// The only name that it grants.
    pub common_name: String,
    /// What the caller asks for, and the role gives where nothing is asked, ms.
    pub ttl_ms: u64,
    /// The role's cap, ms.
    pub max_ttl_ms: u64,
    /// The authority keeps what it issued. A certificate that it does not keep nobody can revoke by its serial, and its OCSP calls it
    /// good for ever.
    pub stored: bool,
}

#[cfg(feature = "engine")]
pub mod issue;
