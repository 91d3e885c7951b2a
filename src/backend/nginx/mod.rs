//! nginx: an internal API that asks for client certificates.

pub mod codes;
#[cfg(feature = "engine")]
mod configuration;
#[cfg(feature = "engine")]
pub mod log;
#[cfg(feature = "engine")]
pub mod login;
pub mod request;
#[cfg(feature = "engine")]
pub mod server;
#[cfg(feature = "engine")]
pub mod session;
pub mod shape;
#[cfg(feature = "engine")]
mod tls;

use serde::{Deserialize, Serialize};

/// Ways in.
pub const DOORS: &[&str] = &["https"];
/// What can be open when the trigger comes: a connection that is kept alive; TLS sessions that are resumed, which skip the handshake's
/// look at the certificate; a client that reconnects all the time.
pub const SESSION_KINDS: &[&str] = &[KEEP_ALIVE, RESUMED_TLS12, RESUMED_TLS13, RECONNECTING];
/// One connection, asked again and again.
pub const KEEP_ALIVE: &str = "keep-alive";
/// A session ticket of TLS 1.2, on a new connection each time.
pub const RESUMED_TLS12: &str = "resumed-tls12";
/// A session ticket of TLS 1.3, on a new connection each time.
pub const RESUMED_TLS13: &str = "resumed-tls13";
/// A connection of its own and a full handshake each time.
pub const RECONNECTING: &str = "reconnecting";
/// The image where the drill names none.
pub const DEFAULT_IMAGE: &str = "nginx:1.26";

/// An nginx backend, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NginxPlan {
    /// Official reference.
    pub image: String,
    /// Path of the verification's configuration as it was given.
    pub verification: String,
    /// Its text: what was in force is part of the evidence.
    pub verification_conf: String,
    /// Path of the seed as it was given.
    pub seed: String,
    /// The seed's text.
    pub seed_conf: String,
    /// Requests that the credential must be able to make, `GET /path`.
    pub allowed: Vec<String>,
    /// Requests that must be denied to it, and that the administrator can make.
    pub denied: Vec<String>,
}
