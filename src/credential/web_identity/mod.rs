//! Web identity: OpenBao signs a token that says who somebody is, and an object store sells a session for it, which ends when the token
//! does. There is no lease, and what OpenBao revokes does not reach the store: who wants a session ended before its own end tells the
//! store, of all sessions of that entity, and once more when the token that buys them is past.

pub mod shape;

use super::RoleSource;
use serde::{Deserialize, Serialize};

/// The other role of the same caller, which may more: a session of the stated one must not get wider by it.
pub const WIDER: &str = "wider";
/// The control's token lives so many times longer than the subject's.
pub const CONTROL_FACTOR: u64 = 10;
/// After the token's end the door at which it is shown refuses it within so long.
pub const GRACE_MS: u64 = 2_000;

/// A role of identity tokens, and what they are sold for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebIdentityPlan {
    /// Name of the role.
    pub role: String,
    /// Where its rights and TTLs come from.
    pub source: RoleSource,
    /// Path of the policy as it was given.
    pub policy: String,
    /// Its text: what a session may at the store.
    pub policy_json: String,
    /// How long a token lives, and what it buys, ms.
    pub ttl_ms: u64,
    /// What ends a session before its own end: OpenBao cannot.
    pub revocation: Revocation,
}

/// What ends a session before its own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Revocation {
    /// The store is told, at once and again after the token's end.
    AtServer,
    /// Nothing: it lives until its own end.
    None,
}

impl Revocation {
    /// As in the drill file.
    pub fn word(self) -> &'static str {
        match self {
            Self::AtServer => "at-server",
            Self::None => "none",
        }
    }
}

#[cfg(feature = "engine")]
pub mod issue;
