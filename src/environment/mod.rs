//! Where servers live: the container engine, its images, networks and containers, and their certain end.
//! Knows neither checks nor kinds of credential.

mod container;
mod engine;
mod error;
mod images;
mod logs;
mod network;
mod reach;
pub mod sweep;
mod whereabouts;

pub use container::{Container, ContainerSpec, CopiedFile};
pub use engine::{EngineHandle, discover};
pub use error::EnvError;
pub use images::{ImageChoice, ImageMode, resolve as resolve_image};
pub use logs::{KeptLog, LogBuffer, LogLine};
pub use network::Network;
pub use reach::{Address, Reach};
pub use sweep::{Labels, Lock};
