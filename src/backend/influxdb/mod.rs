//! InfluxDB 1.x: every request brings its name and password, so there is no session to outlive them.

pub mod codes;
#[cfg(feature = "engine")]
pub mod connection;
#[cfg(feature = "engine")]
pub mod server;
pub mod shape;

use super::plugin::{Form, Plugin};

/// Ways in.
pub const DOORS: &[&str] = &["login"];
/// What can be open when the trigger comes: a connection that is kept; a client that reconnects all the time.
pub const SESSION_KINDS: &[&str] = &["keep-alive", "reconnecting"];
/// Its plugin of the database engine. Renewal statements are taken and never run.
pub const PLUGIN: Plugin = Plugin {
    name: "influxdb-database-plugin",
    form: Form::Sql,
    runs: &["creation_statements", "revocation_statements", "rollback_statements"],
    fills: &["username", "password"],
};
/// The image where the drill names none.
pub const DEFAULT_IMAGE: &str = "influxdb:1.6";

/// Each new user costs it bcrypt, a tenth of a second and more of a busy core, and requests wait in a queue.
#[cfg(feature = "engine")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);

/// An InfluxDB backend, resolved.
pub type InfluxdbPlan = super::shape::SqlPlan;

/// How the effect of a query is taken back: a query that does so, or nothing where there is none. None where nobody can.
pub fn undo(query: &str) -> Option<Option<String>> {
    let words: Vec<&str> = query.split_whitespace().collect();
    let is = |i: usize, word: &str| words.get(i).is_some_and(|w| w.eq_ignore_ascii_case(word));
    let reads = (is(0, "SELECT") || is(0, "SHOW")) && !words.iter().any(|w| w.eq_ignore_ascii_case("INTO"));
    match words.as_slice() {
        _ if query.contains(';') => None,
        _ if reads => Some(None),
        [_, _, name] if is(0, "CREATE") && is(1, "DATABASE") => Some(Some(format!("DROP DATABASE {name}"))),
        _ => None,
    }
}
