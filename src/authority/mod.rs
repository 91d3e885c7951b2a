//! Who issues: OpenBao, or a credential broker that asks it who may. Its server, its actors with their policies, and a thin typed client.

#[cfg(feature = "engine")]
mod actors;
#[cfg(feature = "engine")]
mod approle;
pub mod audit;
pub mod broker;
mod caller;
#[cfg(feature = "engine")]
mod client;
#[cfg(feature = "engine")]
mod error;
#[cfg(feature = "engine")]
mod jwt;
#[cfg(feature = "engine")]
mod read;
pub mod records;
#[cfg(feature = "engine")]
mod rival;
#[cfg(feature = "engine")]
mod server;
#[cfg(feature = "engine")]
mod tenant;

#[cfg(feature = "engine")]
pub use actors::{Actors, bring_up};
pub use caller::{Caller, CallerKind, Login};
#[cfg(feature = "engine")]
pub use client::{Answer, Bao, Sent};
#[cfg(feature = "engine")]
pub use error::AuthorityError;
#[cfg(feature = "engine")]
pub use read::Reader;
#[cfg(feature = "engine")]
pub use rival::{Rival, other_than};
#[cfg(feature = "engine")]
pub use server::OpenBao;
#[cfg(feature = "engine")]
pub use tenant::{CallerLogin, Omitted, Registered, Right, Tenant};
