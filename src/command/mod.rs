//! The commands: each takes plain arguments, prints, and returns an exit code.

#[cfg(feature = "engine")]
pub mod clean;
#[cfg(feature = "engine")]
pub mod serve;
