//! Dynamic users by OpenBao's rabbitmq engine: ended by lease. TTLs sit on the mount, and the engine cannot rotate its parent.

pub mod shape;

use super::RoleSource;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A rabbitmq role, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RabbitmqPlan {
    /// Name of the role.
    pub role: String,
    /// Where its rights and TTLs come from.
    pub source: RoleSource,
    /// What it may in each virtual host, as regular expressions; in the order of the file.
    pub vhosts: Vec<(String, Permissions)>,
    /// The user's tags.
    pub tags: Vec<Tag>,
    /// The mount's, ms.
    pub default_ttl_ms: u64,
    /// The mount's, ms.
    pub max_ttl_ms: u64,
}

/// Rights in a virtual host: names that match may be configured, written to, read from. Nothing matches an empty text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Permissions {
    pub configure: String,
    pub write: String,
    pub read: String,
}

/// What RabbitMQ's management knows a user as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // RabbitMQ's own names
pub enum Tag {
    Management,
    Policymaker,
    Monitoring,
    Administrator,
}

impl Tag {
    /// As RabbitMQ writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Management => "management",
            Self::Policymaker => "policymaker",
            Self::Monitoring => "monitoring",
            Self::Administrator => "administrator",
        }
    }
}

impl RabbitmqPlan {
    /// RabbitMQ's own form: one text, separated by commas.
    pub fn tag_list(&self) -> String {
        self.tags.iter().map(|t| t.word()).collect::<Vec<_>>().join(",")
    }
    /// Rights by virtual host, as the engine takes and shows them.
    pub fn rights(&self) -> BTreeMap<&str, &Permissions> {
        self.vhosts.iter().map(|(vhost, rights)| (vhost.as_str(), rights)).collect()
    }
}

#[cfg(feature = "engine")]
pub mod issue;
