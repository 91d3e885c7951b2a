//! Dynamic users by OpenBao's database engine: ended by lease.

pub mod export;
pub mod shape;

pub use super::RoleSource;
use serde::{Deserialize, Serialize};

/// A database role, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabasePlan {
    /// Name of the role.
    pub role: String,
    /// Where the statements and TTLs come from.
    pub source: RoleSource,
    /// OpenBao's own templates.
    pub creation_statements: Vec<String>,
    /// Empty: the plugin's default.
    pub revocation_statements: Vec<String>,
    /// Run where creation failed.
    pub rollback_statements: Vec<String>,
    /// Run on renewal.
    pub renew_statements: Vec<String>,
    /// ms; 0 means the mount's default.
    pub default_ttl_ms: u64,
    /// ms; 0 means the mount's maximum.
    pub max_ttl_ms: u64,
    /// Production's mount, where it was exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mount: Option<MountLimits>,
}

/// TTL limits of the mount, ms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountLimits {
    /// `default_lease_ttl`.
    pub default_ttl_ms: u64,
    /// `max_lease_ttl`.
    pub max_ttl_ms: u64,
}

#[cfg(feature = "engine")]
pub mod issue;
