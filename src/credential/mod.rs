//! The kinds of credential: how each is issued, renewed, ended. One file a kind, one arm here.

pub mod database;

use serde::{Deserialize, Serialize};

/// What is known of an issued credential; never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The lease id, or the serial where there is no lease.
    pub id: String,
    /// The name that the backend knows it by.
    pub name: String,
    /// The role at the authority that it was issued from.
    pub role: String,
    /// That role is a twin of the stated one with another TTL, because the caller cannot state a TTL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin_of: Option<String>,
    /// The tenant's namespace at the authority.
    pub namespace: String,
    /// Granted TTL, ms.
    pub ttl_ms: u64,
    /// Whether the authority says that it can be renewed.
    pub renewable: bool,
    /// The end that the credential itself states (`notAfter`, `Expiration`), RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_end: Option<jiff::Timestamp>,
    /// The id of the issuing request at the authority, for its audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A drill's credential, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialPlan {
    /// OpenBao's database engine.
    Database(database::DatabasePlan),
}

impl CredentialPlan {
    /// As in the drill file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Database(_) => "database",
        }
    }
    /// The role at the authority.
    pub fn role(&self) -> &str {
        match self {
            Self::Database(p) => &p.role,
        }
    }
}

#[cfg(feature = "engine")]
mod issue;
#[cfg(feature = "engine")]
pub use issue::{Issued, Issuer};
