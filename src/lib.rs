//! Proves that dynamic secrets die. The way through, forward only:
//! `definition` → `environment` → `authority`, `credential`, `backend` → `run` → `history` → `verdict` → `report`.
//!
//! `definition`, `history`, `verdict`, `report` and each backend's code table build without the feature `engine`.

pub mod authority;
pub mod backend;
pub mod cli;
pub mod command;
pub mod credential;
pub mod definition;
pub mod document;
#[cfg(feature = "engine")]
pub mod environment;
pub mod exceptions;
pub mod exit;
pub mod gate;
pub mod history;
pub mod observation;
pub mod progress;
pub mod provenance;
pub mod report;
#[cfg(feature = "engine")]
pub mod run;
pub mod seal;
pub mod secret;
pub mod verdict;

/// See Cargo.toml.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
