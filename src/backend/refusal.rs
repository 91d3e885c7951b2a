//! What a server's own log says of a refusal.

use super::Cause;

/// A refused login, or a closed session, in the server's own log.
#[derive(Debug, Clone)]
pub struct LoggedRefusal {
    /// When the server wrote it.
    pub at: jiff::Timestamp,
    /// Whose login.
    pub name: String,
    /// The code, as an observation's code begins.
    pub code: String,
    /// Its reason.
    pub text: String,
    /// What that means.
    pub cause: Cause,
}
