//! RabbitMQ: one credential, two doors.

#[cfg(feature = "engine")]
pub mod amqp;
pub mod codes;
#[cfg(feature = "engine")]
pub mod log;
#[cfg(feature = "engine")]
pub mod management;
mod operation;
#[cfg(feature = "engine")]
pub mod server;
#[cfg(feature = "engine")]
pub mod session;
pub mod shape;
#[cfg(feature = "engine")]
mod sightings;

pub use operation::Operation;

use serde::{Deserialize, Serialize};

/// Ways in: the protocol, and the management API. The first is where sessions are opened.
pub const DOORS: &[&str] = &[AMQP, MANAGEMENT];
/// AMQP 0-9-1.
pub const AMQP: &str = "amqp";
/// The management plugin's HTTP API, which knows no sessions.
pub const MANAGEMENT: &str = "management";
/// What can be open when the trigger comes: a connection with a channel that waits; one with a running consumer; a client that
/// reconnects all the time.
pub const SESSION_KINDS: &[&str] = &["connection", CONSUMER, "reconnecting"];
/// The kind that consumes.
pub const CONSUMER: &str = "consumer";
/// The image where the drill names none.
pub const DEFAULT_IMAGE: &str = "rabbitmq:4-management";

/// A RabbitMQ backend, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RabbitmqPlan {
    /// Official reference, with the management plugin.
    pub image: String,
    /// The virtual host that the credential logs in to.
    pub vhost: String,
    /// Path of the definitions as it was given.
    pub seed: String,
    /// Their text: what was imported is part of the evidence.
    pub seed_json: String,
    /// What the credential must be able to do.
    pub allowed: Vec<Operation>,
    /// What must be denied to it, and the administrator can do.
    pub denied: Vec<Operation>,
}

impl RabbitmqPlan {
    /// The queue that a consumer's session reads from: the first that the drill allows to be consumed.
    pub fn consumed(&self) -> Option<&str> {
        self.allowed.iter().find_map(|operation| match operation {
            Operation::Consume(queue) => Some(queue.as_str()),
            _ => None,
        })
    }
}
