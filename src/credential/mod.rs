//! The kinds of credential: how each is issued, renewed, ended. One file a kind, one arm here.

pub mod database;

use serde::{Deserialize, Serialize};

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
