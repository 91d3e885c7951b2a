//! Valkey: users by access rules, which live in memory until somebody saves them.

pub mod codes;
#[cfg(feature = "engine")]
pub mod connection;
#[cfg(feature = "engine")]
pub mod login;
mod operation;
#[cfg(feature = "engine")]
pub mod server;
#[cfg(feature = "engine")]
pub mod session;
pub mod shape;

pub use operation::Operation;

use super::plugin::{Form, Plugin};
use serde::{Deserialize, Serialize};

/// Its plugin of the database engine. It deletes a user by itself: a role has no list for that.
pub const PLUGIN: Plugin =
    Plugin { name: "valkey-database-plugin", form: Form::Rules, runs: &["creation_statements"], fills: &[] };
/// Ways in.
pub const DOORS: &[&str] = &["login"];
/// What can be open when the trigger comes: a connection that waits; one that subscribed to a channel; one that is blocked until a
/// list gets something; a client that reconnects all the time.
pub const SESSION_KINDS: &[&str] = &["idle", SUBSCRIBED, BLOCKED, "reconnecting"];
/// The kind that listens to a channel.
pub const SUBSCRIBED: &str = "subscribed";
/// The kind that waits for a list.
pub const BLOCKED: &str = "blocked";
/// The image where the drill names none.
pub const DEFAULT_IMAGE: &str = "valkey/valkey:8.1";

/// A Valkey backend, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValkeyPlan {
    /// Official reference.
    pub image: String,
    /// Path of the seed as it was given.
    pub seed: String,
    /// Its text: what was run is part of the evidence.
    pub seed_json: String,
    /// What the credential must be able to do.
    pub allowed: Vec<Operation>,
    /// What must be denied to it, and the administrator can do.
    pub denied: Vec<Operation>,
}

impl ValkeyPlan {
    /// The seed's commands, each as its words.
    pub fn commands(&self) -> Vec<Vec<String>> {
        serde_json::from_str(&self.seed_json).unwrap_or_default()
    }
    /// The text that the seed has under a key.
    pub fn value(&self, key: &str) -> Option<String> {
        shape::value(&self.commands(), key)
    }
    /// The channel that a subscribed session listens to: the first that the drill allows.
    pub fn channel(&self) -> Option<&str> {
        self.allowed.iter().find_map(|operation| match operation {
            Operation::Subscribe(channel) => Some(channel.as_str()),
            _ => None,
        })
    }
    /// The list that a blocked session waits for: the first that the drill allows.
    pub fn list(&self) -> Option<&str> {
        self.allowed.iter().find_map(|operation| match operation {
            Operation::Pop(list) => Some(list.as_str()),
            _ => None,
        })
    }
}
