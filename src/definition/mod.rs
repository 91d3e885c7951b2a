//! Drill files: their shape, how they are loaded, what they resolve to. Never starts anything.

mod plan;
pub mod sabotage;

pub use plan::*;

mod load_stub;
pub use load_stub::*;
