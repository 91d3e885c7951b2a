//! sshd: where operators work, with user certificates that an authority signed.

pub mod codes;
pub mod command;
#[cfg(feature = "engine")]
mod configuration;
#[cfg(feature = "engine")]
pub mod keys;
#[cfg(feature = "engine")]
pub mod log;
#[cfg(feature = "engine")]
pub mod login;
pub mod otp;
#[cfg(feature = "engine")]
pub mod server;
#[cfg(feature = "engine")]
pub mod session;
pub mod shape;

use serde::{Deserialize, Serialize};

/// Ways in.
pub const DOORS: &[&str] = &["ssh"];
/// What can be open when the trigger comes: a program that was started and runs; a connection on which another program is started each
/// time; a client that reconnects all the time.
pub const SESSION_KINDS: &[&str] = &[OPEN_CHANNEL, NEW_CHANNEL, RECONNECTING];
/// One program on one channel, which answers again and again: what a terminal is.
pub const OPEN_CHANNEL: &str = "open-channel";
/// One connection, another channel on it each time: what a multiplexing client does.
pub const NEW_CHANNEL: &str = "new-channel";
/// A connection of its own and a login each time.
pub const RECONNECTING: &str = "reconnecting";
/// Those of a server that takes one-time passwords: a client that logs in again needs another one.
pub const OTP_SESSION_KINDS: &[&str] = &[OPEN_CHANNEL, NEW_CHANNEL];
/// The image where the drill names none. There is no vendor's image.
pub const DEFAULT_IMAGE: &str = "linuxserver/openssh-server:version-10.0_p1-r10";
/// Whom operators work as at the server, and the only principal that a role grants.
pub const USER: &str = "deploy";

/// An sshd backend, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshPlan {
    /// Reference.
    pub image: String,
    /// Commands that the credential must be able to run.
    pub allowed: Vec<String>,
    /// Commands that must be denied to it, and that the administrator can run.
    pub denied: Vec<String>,
}
