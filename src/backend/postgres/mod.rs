//! PostgreSQL.

pub mod codes;
#[cfg(feature = "engine")]
pub mod log;
#[cfg(feature = "engine")]
pub mod login;
pub mod objects;
#[cfg(feature = "engine")]
pub mod server;
#[cfg(feature = "engine")]
pub mod session;
pub mod shape;
pub mod skeleton;

use serde::{Deserialize, Serialize};

/// Ways in.
pub const DOORS: &[&str] = &["login"];
/// What can be open when the trigger comes: a session that waits; one that took on another role; a client that reconnects all the time.
pub const SESSION_KINDS: &[&str] = &["idle", "set-role", "reconnecting"];
/// The image where the drill names none.
pub const DEFAULT_IMAGE: &str = "postgres:17";

/// A PostgreSQL backend, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostgresPlan {
    /// Official reference.
    pub image: String,
    /// The database that the seed runs in and the credential logs in to.
    pub database: String,
    /// Path of the seed script as it was given.
    pub seed: String,
    /// The seed's text: what was run is part of the evidence.
    pub seed_sql: String,
    /// Statements that the credential must be able to run.
    pub allowed: Vec<String>,
    /// Statements that must be denied to it, and that the administrator can run.
    pub denied: Vec<String>,
}
