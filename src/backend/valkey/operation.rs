//! What a credential may or may not do at Valkey, as a drill states it: typed, never a sentence in a string.

use serde::{Deserialize, Serialize};

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// The text under a key.
    Get(String),
    /// Writes under a key what the seed has there: nothing changes.
    Set(String),
    /// Waits a moment for a list that is empty.
    Pop(String),
    /// To a channel.
    Publish(String),
    /// To a channel.
    Subscribe(String),
    /// A command, word by word.
    Run(Vec<String>),
}

/// As the history and the reports name it.
impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Get(key) => write!(f, "get {key}"),
            Self::Set(key) => write!(f, "set {key}"),
            Self::Pop(list) => write!(f, "pop {list}"),
            Self::Publish(channel) => write!(f, "publish to {channel}"),
            Self::Subscribe(channel) => write!(f, "subscribe to {channel}"),
            Self::Run(words) => write!(f, "run {}", words.join(" ")),
        }
    }
}
