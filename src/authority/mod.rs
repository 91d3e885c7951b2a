//! Who issues: OpenBao. Its server, its actors with their policies, and a thin typed client.

mod actors;
mod client;
mod error;
mod server;
mod tenant;

pub use actors::{Actors, bring_up};
pub use client::{Answer, Bao, Sent};
pub use error::AuthorityError;
pub use server::OpenBao;
pub use tenant::{CallerLogin, Tenant};
