//! What a credential may or may not do at a broker, as a drill states it: typed, never a sentence in a string.

use serde::{Deserialize, Serialize};

/// One operation over AMQP.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// To an exchange, mandatory and confirmed.
    Publish(String),
    /// From a queue: a consumer is started, and cancelled.
    Consume(String),
    /// One message of a queue is fetched, and put back.
    Get(String),
    /// A queue is made, and deleted.
    Declare(String),
}

/// As the history and the reports name it.
impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Publish(exchange) => write!(f, "publish to {exchange}"),
            Self::Consume(queue) => write!(f, "consume from {queue}"),
            Self::Get(queue) => write!(f, "get from {queue}"),
            Self::Declare(queue) => write!(f, "declare {queue}"),
        }
    }
}
