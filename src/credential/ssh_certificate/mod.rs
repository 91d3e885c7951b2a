//! User certificates by OpenBao's SSH engine. There is no lease and nothing at OpenBao that ends one: who wants one ended before its
//! own end puts its serial on the list that sshd reads (a KRL). The key is the caller's and never at OpenBao, which is sent its public
//! half; the caller names principal and TTL, and there is no parent at the backend.

pub mod shape;

use super::RoleSource;
use serde::{Deserialize, Serialize};

/// A role of the SSH engine, and what the caller asks it for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshCertificatePlan {
    /// Name of the role.
    pub role: String,
    /// Where its rights and TTLs come from.
    pub source: RoleSource,
    /// What the caller asks for, and the role gives where nothing is asked, ms.
    pub ttl_ms: u64,
    /// The role's cap, ms.
    pub max_ttl_ms: u64,
    /// What ends one before its own end: OpenBao cannot.
    pub revocation: Revocation,
}

/// What ends a certificate before its own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Revocation {
    /// A list that the server reads at every login.
    Krl,
    /// Nothing: it lives until its own end.
    None,
}

impl Revocation {
    /// As in the drill file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Krl => "krl",
            Self::None => "none",
        }
    }
}

#[cfg(feature = "engine")]
pub mod issue;
