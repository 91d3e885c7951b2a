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

use super::plugin::{EVERY_TEMPLATE, Form, Plugin};

/// Ways in.
pub const DOORS: &[&str] = &["login"];
/// What can be open when the trigger comes: a session that waits; one that took on another role; a client that reconnects all the time.
pub const SESSION_KINDS: &[&str] = &["idle", "set-role", "reconnecting"];
/// Its plugin of the database engine.
pub const PLUGIN: Plugin = Plugin {
    name: "postgresql-database-plugin",
    form: Form::Sql,
    runs: &["creation_statements", "revocation_statements", "rollback_statements", "renew_statements"],
    fills: EVERY_TEMPLATE,
};
/// The image where the drill names none.
pub const DEFAULT_IMAGE: &str = "postgres:17";

/// A PostgreSQL backend, resolved.
pub type PostgresPlan = super::shape::SqlPlan;
