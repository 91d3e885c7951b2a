//! The commands: each takes plain arguments, prints, and returns an exit code.

#[cfg(feature = "engine")]
pub mod clean;
mod debug_log;
mod dispatch;
pub mod explain;
pub mod list;
pub mod new;
#[cfg(feature = "engine")]
pub mod prove;
pub mod report;
#[cfg(feature = "engine")]
pub mod run;
pub mod schema;
#[cfg(feature = "engine")]
pub mod serve;
pub mod validate;

pub use debug_log::start_log;
pub use dispatch::dispatch;
