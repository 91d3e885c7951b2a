//! What a credential may or may not do at an object store, as a drill states it.

use serde::{Deserialize, Serialize};

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Reads an object of the seed.
    Get(String),
    /// Lists what begins so.
    List(String),
    /// Writes an object; taken back.
    Put(String),
    /// Deletes an object; put back.
    Delete(String),
    /// Makes a permanent key of its own; taken back.
    Account(String),
}

/// As the history and the reports name it.
impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Get(key) => write!(f, "get {key}"),
            Self::List(prefix) => write!(f, "list {prefix}"),
            Self::Put(key) => write!(f, "put {key}"),
            Self::Delete(key) => write!(f, "delete {key}"),
            Self::Account(name) => write!(f, "make the permanent key {name}"),
        }
    }
}
