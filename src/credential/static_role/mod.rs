//! Static users by OpenBao's database engine: somebody else made the user, and the authority gives it a new password, on a clock and
//! when it is told to. There is no lease, nothing is revoked, and whoever reads the role gets the same password as everybody else.

pub mod shape;

use super::RoleSource;
use serde::{Deserialize, Serialize};

/// A static role, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticPlan {
    /// Name of the role.
    pub role: String,
    /// Where its statements come from.
    pub source: RoleSource,
    /// The user at the backend, who is there before the authority knows it.
    pub username: String,
    /// How long a password lives that nobody rotates, ms.
    pub rotation_ms: u64,
    /// OpenBao's own templates. Empty: the plugin's default, which leaves open sessions.
    pub rotation_statements: Vec<String>,
}

/// What the name of the role and of the user ends in whose password the drill never rotates.
pub const CONTROL: &str = "control";

impl StaticPlan {
    /// The user of a twin: its role's name and its own end alike.
    pub fn user_of(&self, suffix: &str) -> String {
        format!("{}-{suffix}", self.username)
    }
}

#[cfg(feature = "engine")]
pub mod issue;
