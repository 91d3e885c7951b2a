//! Sessions of an object store by a credential broker. The broker authenticates its callers by the authority, keeps lease and record
//! there, and its audit is its own: what the authority's engines are asked for other kinds, the broker is asked for this one. The caller
//! names the TTL. The session's policy holds the lease's end as a date, so that access ends even if nobody is left to revoke.

pub mod shape;

pub use crate::authority::broker::roles::Access;

use super::RoleSource;
use serde::{Deserialize, Serialize};

/// The broker's image. It is this project's own: no registry has it.
pub const DEFAULT_IMAGE: &str = "localhost/drill/credential-broker:0.1.0";

/// A role of the broker, and what the caller asks it for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokeredPlan {
    /// Name of the role.
    pub role: String,
    /// Where its rights and TTLs come from.
    pub source: RoleSource,
    /// The broker's image.
    pub image: String,
    /// The bucket that it lets into.
    pub bucket: String,
    /// What the keys there begin with; empty: all of them.
    pub prefix: String,
    /// What may be done there.
    pub access: Access,
    /// What the caller asks for, and the role gives where nothing is asked, ms.
    pub ttl_ms: u64,
    /// The role's cap, ms.
    pub max_ttl_ms: u64,
    /// How often the broker asks the authority whether a caller still may have what it has, ms.
    pub poll_ms: u64,
}

impl BrokeredPlan {
    /// Where it lets its holder, as the backend of the drill states it; to write too, where things are written there.
    pub fn is_for(&mut self, bucket: &str, prefix: &str, writes: bool) {
        (self.bucket, self.prefix) = (bucket.into(), prefix.into());
        self.access = if writes { Access::Write } else { Access::Read };
    }
}

#[cfg(feature = "engine")]
pub mod issue;
