//! A credential broker in front of a backend without dynamic users: it issues, the authority says who may, and both keep records.

#[cfg(feature = "engine")]
mod client;
pub mod log;
pub mod roles;
#[cfg(feature = "engine")]
mod server;

#[cfg(feature = "engine")]
pub use client::BrokerReader;
#[cfg(feature = "engine")]
pub use server::{Broker, Start};

/// Where its requests are, at itself and in the policies of the authority.
pub const MOUNT: &str = "broker";
/// What every lease of it begins with.
pub const LEASES: &str = "broker/creds/";
