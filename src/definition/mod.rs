//! Drill files: their shape, how they are loaded, what they resolve to. Never starts anything.

mod caller;
mod defaults;
pub mod draft;
pub mod engines;
mod load;
mod plan;
mod resolve;
pub mod resolved;
mod resolved_store;
pub mod sabotage;
mod scalar;
pub mod schema;
mod select;
pub mod shape;

pub use crate::document::{Diagnostic, Diagnostics, Project};
pub use defaults::{DEFAULT_AUTHORITY, DEFAULT_LIMIT_MS};
pub use load::{load, load_file, load_patched, load_text, names};
pub use plan::*;
pub use resolve::system_word;
