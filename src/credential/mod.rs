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

/// TTLs of a role, ms; 0 where the mount decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ttls {
    /// What a lease gets that nobody renews.
    pub default_ms: u64,
    /// How long it can live, renewals included.
    pub max_ms: u64,
}

/// Why the stated role is not used itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Twin {
    /// Its TTL ends within the drill: a caller cannot state one.
    Expire {
        /// ms.
        ttl_ms: u64,
    },
    /// It is renewed up to a cap within the drill.
    Renew {
        /// ms.
        cap_ms: u64,
    },
    /// Its default TTL is above its cap.
    Capped,
    /// The same, for somebody else or for an end of its own.
    Copy(String),
}

/// The cap of the role whose default is above it.
pub const CAPPED: Ttls = Ttls { default_ms: 120_000, max_ms: 60_000 };
/// The renewed role's TTL: shorter than its cap, or nothing could be extended.
pub const RENEWED_MS: u64 = 2_000;

impl Twin {
    /// What it adds to the role's name.
    pub fn suffix(&self) -> String {
        match self {
            Self::Expire { ttl_ms } => format!("{ttl_ms}ms"),
            Self::Renew { cap_ms } => format!("renewed-to-{cap_ms}ms"),
            Self::Capped => "capped".into(),
            Self::Copy(of) => of.clone(),
        }
    }
    /// Its TTLs where they are not the role's own.
    pub fn ttls(&self) -> Option<Ttls> {
        match self {
            Self::Expire { ttl_ms } => Some(Ttls { default_ms: *ttl_ms, max_ms: *ttl_ms }),
            Self::Renew { cap_ms } => Some(Ttls { default_ms: RENEWED_MS.min(*cap_ms), max_ms: *cap_ms }),
            Self::Capped => Some(CAPPED),
            Self::Copy(_) => None,
        }
    }
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
    /// As the role states them.
    pub fn ttls(&self) -> Ttls {
        match self {
            Self::Database(p) => Ttls { default_ms: p.default_ttl_ms, max_ms: p.max_ttl_ms },
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
