//! One-time passwords by OpenBao's SSH engine: ended by lease, and by their first use. The server asks OpenBao at every login, so there is
//! no parent at the backend. The TTL sits on the mount, and the lease of a used one stays until its own end.

pub mod shape;

use super::RoleSource;
use serde::{Deserialize, Serialize};

/// A role of the SSH engine that gives one-time passwords.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshOtpPlan {
    /// Name of the role.
    pub role: String,
    /// Where its rights and TTLs come from.
    pub source: RoleSource,
    /// The mount's, ms.
    pub default_ttl_ms: u64,
    /// The mount's, ms.
    pub max_ttl_ms: u64,
}

#[cfg(feature = "engine")]
pub mod issue;
