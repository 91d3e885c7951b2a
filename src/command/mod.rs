//! The commands: each takes plain arguments, prints, and returns an exit code.

#[cfg(feature = "engine")]
pub mod clean;
pub mod coverage;
mod debug_log;
pub mod diff;
mod dispatch;
pub mod exceptions;
pub mod explain;
pub mod gate;
pub mod grants;
#[cfg(feature = "engine")]
mod jobs;
pub mod list;
pub mod new;
#[cfg(feature = "engine")]
pub mod prove;
pub mod report;
#[cfg(feature = "engine")]
pub mod run;
pub mod schema;
pub mod seal;
#[cfg(feature = "engine")]
pub mod serve;
pub mod today;
pub mod validate;

pub use debug_log::start_log;
pub use dispatch::dispatch;
