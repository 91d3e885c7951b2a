//! The commands: each takes plain arguments, prints, and returns an exit code.

#[cfg(feature = "engine")]
pub mod clean;
mod debug_log;
mod dispatch;
pub mod explain;
#[cfg(feature = "engine")]
pub mod prove;
pub mod report;
#[cfg(feature = "engine")]
pub mod run;
#[cfg(feature = "engine")]
pub mod serve;

pub use debug_log::start_log;
pub use dispatch::dispatch;
