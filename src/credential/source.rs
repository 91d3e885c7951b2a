//! Where a role's definition comes from, whatever its kind.

use serde::{Deserialize, Serialize};

/// Where a role's definition comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleSource {
    /// Written in the drill file.
    Drill,
    /// Exported from production.
    Exported {
        /// The directory as it was given.
        dir: String,
        /// SHA-256 over the canonical `data` of `role.json`, hex.
        sha256: String,
        /// When the export was written (the file's own time), RFC 3339 date.
        date: Option<String>,
    },
}
