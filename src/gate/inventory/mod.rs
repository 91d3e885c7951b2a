//! What is in use: typed by hand, or taken from an OpenBao as it is. Every role in it needs a drill.

mod coverage;
mod export;
mod load;
pub mod shape;

pub use coverage::{coverage, covered_by, mismatch};
pub use load::{load, load_text};

use super::readiness::{KindNotInUse, RoleInUse};

/// What is in use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// The file or directory as it was given.
    pub file: String,
    /// Roles that credentials are issued from, in the order of the file.
    pub roles: Vec<Role>,
    /// Kinds of system of which there is none, as somebody says who answers for it.
    pub not_in_use: Vec<KindNotInUse>,
}

/// A role in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// As reports name it.
    pub role: RoleInUse,
    /// A password that is changed on a clock.
    pub is_static: bool,
    /// The drill that is said to be of it.
    pub drill: Option<String>,
    /// Over the canonical data of the role as production has it, hex; where that was exported.
    pub sha256: Option<String>,
}
