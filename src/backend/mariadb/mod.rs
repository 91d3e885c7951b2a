//! MariaDB.

pub mod codes;
#[cfg(feature = "engine")]
pub mod login;
#[cfg(feature = "engine")]
pub mod server;
#[cfg(feature = "engine")]
pub mod session;
pub mod shape;
pub mod undo;

use super::plugin::{EVERY_TEMPLATE, Form, Plugin};

/// Ways in.
pub const DOORS: &[&str] = &["login"];
/// What can be open when the trigger comes: a session that waits; one that chose its database, whose rights there outlive a plain DROP USER; a
/// client that reconnects all the time.
pub const SESSION_KINDS: &[&str] = &[IDLE, USED_DATABASE, "reconnecting"];
/// It chose no database.
pub const IDLE: &str = "idle";
/// It did `USE`.
pub const USED_DATABASE: &str = "used-database";
/// Its plugin of the database engine. It takes rollback and renewal statements, and never runs them.
pub const PLUGIN: Plugin = Plugin {
    name: "mysql-database-plugin",
    form: Form::Sql,
    runs: &["creation_statements", "revocation_statements"],
    fills: EVERY_TEMPLATE,
};
/// The image where the drill names none.
pub const DEFAULT_IMAGE: &str = "mariadb:11.8";

/// A MariaDB backend, resolved.
pub type MariadbPlan = super::shape::SqlPlan;
