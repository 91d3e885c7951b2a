//! What was read back from the authority: who, for whom, how long, and what its audit log says. Never a secret.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An entity as the auditor reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Its id, with the namespace's suffix.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The namespace that it was read in; empty for the root namespace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Owner, tenant, …
    pub metadata: BTreeMap<String, String>,
}

/// A lease as the auditor looks it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Its id.
    pub id: String,
    /// `namespace_path` without its slash.
    pub namespace: String,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it expires.
    pub expires: Timestamp,
    /// Whether it can be renewed.
    pub renewable: bool,
}

/// The TTLs that are in force for a role, ms; 0 where nothing is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The role's own.
    pub role_default_ttl_ms: u64,
    /// The role's own.
    pub role_max_ttl_ms: u64,
    /// The mount's.
    pub mount_default_ttl_ms: u64,
    /// The mount's, which is the system's where the mount has none of its own.
    pub mount_max_ttl_ms: u64,
}

impl Limits {
    /// What a lease gets that nobody renews: the role's default or the mount's, capped.
    pub fn ttl_ms(&self) -> u64 {
        let default = if self.role_default_ttl_ms > 0 { self.role_default_ttl_ms } else { self.mount_default_ttl_ms };
        default.min(self.cap_ms())
    }
    /// How long a lease can live, renewals included.
    pub fn cap_ms(&self) -> u64 {
        match self.role_max_ttl_ms {
            0 => self.mount_max_ttl_ms,
            role => role.min(self.mount_max_ttl_ms),
        }
    }
}

/// One entry of the audit log, as far as it matters. Values that the authority hides are their HMAC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// `request` or `response`.
    #[serde(rename = "type")]
    pub kind: String,
    /// As the authority wrote it.
    pub time: String,
    /// The request's id.
    pub request_id: String,
    /// `read`, `update`, …
    pub operation: String,
    /// Without the namespace.
    pub path: String,
    /// The namespace's path without its slash; empty for root.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Our header: the only link from a request without a body in its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// Who asked, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The token's metadata: claims of a JWT.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// HMAC of the asker's token accessor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accessor_hmac: Option<String>,
    /// The lease that the answer carries, in clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_id: Option<String>,
    /// The lease that the request named: its HMAC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_lease_hmac: Option<String>,
    /// The accessor that the request named: its HMAC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_accessor_hmac: Option<String>,
    /// Why it was not carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// It stands in a broker's log and not in the authority's: what only that says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker: Option<Box<BrokersWord>>,
}

/// What only a broker's own log says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokersWord {
    /// `issued`, `revoked`, …
    pub event: String,
    /// Why a lease ended: `revoked`, `prefix`, `caller`, `expired`, `offboarded`, `unfinished`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Who answers for the lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The entity that the lease was issued to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
}

/// What a broker has on record of a lease besides its times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokersRecord {
    /// The caller's entity at the authority.
    pub entity: String,
    /// Who answers for it.
    pub owner: String,
    /// Whose it is.
    pub tenant: String,
    /// Where it lets its holder.
    pub bucket: String,
    /// What the keys begin with.
    pub prefix: String,
    /// `read` or `write`.
    pub access: String,
}
